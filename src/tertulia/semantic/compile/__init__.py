"""From a typed query to SQL, in passes that can be read alone."""
