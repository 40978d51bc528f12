"""What happens when an event is published: log, audit, mail, end logins, tell clients, work out net worth."""
