package dispatch

import (
	"context"

	"cardlink/shortlink"
)

// Store keeps what Service promises to keep. Package store implements it on SQLite and PostgreSQL; contract.Dispatch says in running
// code what "implement" means. Lists are newest first and return the number of all rows that fit, whatever the page.
type Store interface {
	// LeaseIDs takes n consecutive ids of a sequence that begins at from.
	LeaseIDs(ctx context.Context, sequence string, from, n int64) (first int64, err error)

	SMSStore

	// CreateSendTask stores task, links, messages (messages[i] carries links[i]), the links' facts and the kept answer, all or nothing. Links whose
	// custom code was taken are left out with their messages and reported by index. ErrRepeated if keep's key exists.
	CreateSendTask(ctx context.Context, t SendTask, links []shortlink.Link, messages []Message, keep *Keep) (taken []int, err error)
	// Idempotent finds a kept answer.
	Idempotent(ctx context.Context, tenant, op, key string) (Idempotent, bool, error)
	SendTasks(ctx context.Context, tenant string, f TaskFilter) ([]SendTask, int, error)
	SendDetails(ctx context.Context, tenant string, f DetailFilter) ([]Detail, int, error)
	Uncertain(ctx context.Context, tenant string, limit int) ([]Uncertain, error)
	Books(ctx context.Context, tenant string) (Books, error)

	MessageStore
	OptOutStore
}
