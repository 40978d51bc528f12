"""How a foreign program is read: its buses, events, handlers and catalogs."""
