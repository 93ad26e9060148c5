package store

import "github.com/pressly/goose/v3/lock"

// newSessionLocker makes concurrent starts of several nodes take turns at migrating.
func newSessionLocker() (lock.SessionLocker, error) { return lock.NewPostgresSessionLocker() }
