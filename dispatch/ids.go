package dispatch

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
)

// idBlock hands out ids of a sequence from leased blocks. A crash skips the rest of a block.
type idBlock struct {
	lease    func(ctx context.Context, sequence string, from, n int64) (int64, error)
	sequence string
	size     int64

	mu        sync.Mutex
	next, end int64
}

// take returns the first of n consecutive ids.
func (b *idBlock) take(ctx context.Context, n int64) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.end-b.next < n {
		first, err := b.lease(ctx, b.sequence, 1, max(n, b.size))
		if err != nil {
			return 0, err
		}
		b.next, b.end = first, first+max(n, b.size)
	}
	first := b.next
	b.next += n
	return first, nil
}

// MsgID is the wire's msg_id: the task's UUID, an underscore and the message's number (api.md §1.2).
func MsgID(taskUUID string, message int64) string {
	return taskUUID + "_" + strconv.FormatInt(message, 10)
}

var errMsgID = errors.New("not a msg_id")

// ParseMsgID undoes MsgID. It checks the form alone.
func ParseMsgID(s string) (taskUUID string, message int64, err error) {
	uuid, number, ok := strings.Cut(s, "_")
	if !ok || len(uuid) != 36 {
		return "", 0, errMsgID
	}
	if message, err = strconv.ParseInt(number, 10, 64); err != nil || message <= 0 || number[0] == '+' || number[0] == '0' {
		return "", 0, errMsgID
	}
	return uuid, message, nil
}

// LedgerKey names a part (from 1) of a try (from 1) of a message in the submit ledger and on the way to the carrier.
func LedgerKey(message int64, try, part int) uint64 {
	return uint64(message)<<16 | uint64(try&0xff)<<8 | uint64(part&0xff)
}

// SplitKey undoes what the worker packs into carrier.Part.Key: message id, try (from 1), part (from 1).
func SplitKey(key uint64) (message int64, try, part int) {
	return int64(key >> 16), int(key >> 8 & 0xff), int(key & 0xff)
}
