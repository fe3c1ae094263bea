"""The page that plays a film: where a film's link leads, and where it is seen how far somebody watched."""
