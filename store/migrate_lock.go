package store

import "github.com/pressly/goose/v3/lock"

// newSessionLocker makes concurrent starts of several nodes take turns at migrating. One that has to wait looks every second and gives up after five minutes; goose's own
// five seconds between two looks would be most of the time that a start takes, and where several schemas of one database are migrated, turns are missed.
func newSessionLocker() (lock.SessionLocker, error) {
	return lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300))
}
