"""Who may do what: keys, scopes, one shape of errors, security headers."""
