package store

import (
	"context"
	"database/sql"
	"errors"

	"cardlink/dispatch"
)

// CreateMessages implements dispatch.MessageStore.
func (db *DB) CreateMessages(ctx context.Context, tasks []dispatch.SendTask, messages []dispatch.Message, keep *dispatch.Keep) error {
	if len(tasks) == 0 {
		return errors.New("store: messages without a task")
	}
	s, err := db.sealer(ctx, tasks[0].Tenant)
	if err != nil {
		return err
	}
	sealed := make([]string, len(messages)) // before the transaction: it is the costly part
	byTask := make(map[int64][]int, len(tasks))
	for i := range messages {
		if sealed[i], err = sealRecipient(s, &messages[i]); err != nil {
			return err
		}
		byTask[messages[i].Task] = append(byTask[messages[i].Task], i)
	}
	return db.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if keep != nil {
			if err := keepAnswer(ctx, tx, s, tasks[0], keep, nil); err != nil {
				return err
			}
		}
		for n := range tasks {
			t := &tasks[n]
			extend := ""
			if t.Extend != "" {
				extend = s.Seal(t.Extend)
			}
			if err := insertTask(ctx, tx, t, extend); err != nil {
				return err
			}
			own := make([]dispatch.Message, 0, len(byTask[t.ID]))
			seals := make([]string, 0, len(byTask[t.ID]))
			for _, i := range byTask[t.ID] {
				own, seals = append(own, messages[i]), append(seals, sealed[i])
			}
			if err := db.insertMessages(ctx, tx, *t, own, seals, nil, s); err != nil {
				return err
			}
		}
		return nil
	})
}
