package event

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestRecordRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		topic := rapid.OneOf(rapid.SampledFrom(Topics()), rapid.StringN(1, 40, -1)).Draw(t, "topic")
		key := rapid.SliceOf(rapid.Byte()).Draw(t, "key")
		value := rapid.SliceOf(rapid.Byte()).Draw(t, "value")
		before := rapid.SliceOf(rapid.Byte()).Draw(t, "before")
		b := AppendRecord(bytes.Clone(before), topic, key, value)
		if !bytes.HasPrefix(b, before) {
			t.Fatal("AppendRecord changed what was there")
		}
		r, err := ParseRecord(b[len(before):])
		if err != nil {
			t.Fatal(err)
		}
		if r.Topic != topic || !bytes.Equal(r.Key, key) || !bytes.Equal(r.Value, value) {
			t.Fatalf("got %q %q %q", r.Topic, r.Key, r.Value)
		}
	})
}

// The codes are on disks: this table may only grow.
func TestTopicCodesNeverChange(t *testing.T) {
	codes := map[string]byte{
		"cardlink.link": 1, "cardlink.send": 2, "cardlink.parse": 3, "cardlink.template": 4, "cardlink.billing": 5, "cardlink.quarantine": 6,
		"cardlink.account": 7, "cardlink.basic": 8,
	}
	for topic, code := range codes {
		if got := AppendRecord(nil, topic, []byte("k"), []byte("v")); !bytes.Equal(got, []byte{code, 1, 'k', 'v'}) {
			t.Errorf("%s: % x", topic, got)
		}
	}
	for _, topic := range Topics() {
		if codes[topic] == 0 {
			t.Errorf("%s has no code of its own; give it the next one", topic)
		}
	}
}

func TestMalformedFramesAreRefused(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty":                       {},
		"unknown code":                {200, 0},
		"no key":                      {1},
		"key longer than the frame":   {1, 5, 'k'},
		"key length without an end":   {1, 0x80},
		"key length beyond 64 bits":   bytes.Repeat([]byte{0xff}, 12),
		"key length beyond int":       {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
		"empty topic":                 {0, 0, 0},
		"topic longer than the frame": {0, 9, 't'},
	} {
		if r, err := ParseRecord(b); !errors.Is(err, ErrFrame) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func TestKeyCannotGrowIntoValue(t *testing.T) {
	b := AppendRecord(nil, TopicParse, []byte("key"), []byte("value"))
	r, err := ParseRecord(b)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(r.Key, "XXXXX"...)
	if diff := cmp.Diff("value", string(r.Value)); diff != "" {
		t.Error(diff)
	}
}

func TestFramesDoNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	buf, key, value := make([]byte, 0, 1024), []byte("a.example/abcdefgh"), bytes.Repeat([]byte("v"), 500)
	if n := testing.AllocsPerRun(1000, func() {
		buf = AppendRecord(buf[:0], TopicParse, key, value)
		if _, err := ParseRecord(buf); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Fatalf("%v allocations per record", n)
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add(AppendRecord(nil, TopicParse, []byte("k"), []byte("v")))
	f.Add(AppendRecord(nil, "somebody.elses", nil, nil))
	f.Add([]byte{0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := ParseRecord(b)
		if err != nil {
			return
		}
		again, err := ParseRecord(AppendRecord(nil, r.Topic, r.Key, r.Value))
		if err != nil || again.Topic != r.Topic || !bytes.Equal(again.Key, r.Key) || !bytes.Equal(again.Value, r.Value) {
			t.Fatalf("%+v became %+v, %v", r, again, err)
		}
	})
}
