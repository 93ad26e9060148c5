package event

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The frame is how a Record lies in an edge journal: one byte for the topic, the key with its length, then the value to the end.
// The journal adds lengths and checksums around it; the frame itself only has to be small and unambiguous.
//
//	topic code (1 byte; 0 = spelled out: uvarint length, bytes) | key: uvarint length, bytes | value: the rest

// ErrFrame is matched by every error of ParseRecord.
var ErrFrame = errors.New("malformed record frame")

const spelledOut = 0

// topicCode is the byte of a topic, spelledOut for one outside the fixed list. Journals on disk hold these numbers: they are never
// reused and never follow the order of Topics.
func topicCode(topic string) byte {
	switch topic {
	case TopicLink:
		return 1
	case TopicSend:
		return 2
	case TopicParse:
		return 3
	case TopicTemplate:
		return 4
	case TopicBilling:
		return 5
	case TopicQuarantine:
		return 6
	case TopicAccount:
		return 7
	case TopicBasic:
		return 8
	}
	return spelledOut
}

func topicOfCode(code byte) string {
	switch code {
	case 1:
		return TopicLink
	case 2:
		return TopicSend
	case 3:
		return TopicParse
	case 4:
		return TopicTemplate
	case 5:
		return TopicBilling
	case 6:
		return TopicQuarantine
	case 7:
		return TopicAccount
	case 8:
		return TopicBasic
	}
	return ""
}

// AppendRecord appends the frame of a record to dst and returns the longer slice. It allocates only when dst must grow and keeps
// none of its arguments.
func AppendRecord(dst []byte, topic string, key, value []byte) []byte {
	code := topicCode(topic)
	dst = append(dst, code)
	if code == spelledOut {
		dst = binary.AppendUvarint(dst, uint64(len(topic)))
		dst = append(dst, topic...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(key)))
	dst = append(dst, key...)
	return append(dst, value...)
}

// ParseRecord reads a frame. Key and Value of the result are parts of b: copy them to keep them longer than b. Topics of the fixed list
// cost no allocation.
func ParseRecord(b []byte) (Record, error) {
	if len(b) == 0 {
		return Record{}, fmt.Errorf("%w: empty", ErrFrame)
	}
	r := Record{Topic: topicOfCode(b[0])}
	rest := b[1:]
	if r.Topic == "" {
		if b[0] != spelledOut {
			return Record{}, fmt.Errorf("%w: topic code %d is not known to this version", ErrFrame, b[0])
		}
		name, after, ok := cutCounted(rest)
		if !ok || len(name) == 0 {
			return Record{}, fmt.Errorf("%w: bad topic", ErrFrame)
		}
		r.Topic, rest = string(name), after
	}
	key, value, ok := cutCounted(rest)
	if !ok {
		return Record{}, fmt.Errorf("%w: bad key", ErrFrame)
	}
	r.Key, r.Value = key, value
	return r, nil
}

// cutCounted splits b after a uvarint length and that many bytes. The first part is capped, so appending to it cannot write into the rest.
func cutCounted(b []byte) (head, tail []byte, ok bool) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return nil, nil, false
	}
	b = b[used:]
	return b[:n:n], b[n:], true
}
