"""How this program is read: each line of the specs of its buses, where it comes from, and how it is changed."""
