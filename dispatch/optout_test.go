package dispatch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cardlink/dispatch"
	"cardlink/dispatch/carrier"
	"cardlink/fault"
)

func TestOptsOut(t *testing.T) {
	for _, yes := range []string{
		"R", "r", "T", "t", "TD", "td", "Td", "退订", " R ", "\r\nTD\n", "Ｒ", "ｔｄ", "ＴＤ　", "“R”", "【退订】", "退订。", "T.", "TD!", "拒收请回复R", "拒收请回复Ｒ", "回复TD退订", "回T退订",
		"退订回T", "回复 r", "拒收", "r\u200b",
	} {
		if !dispatch.OptsOut(yes) {
			t.Errorf("%q asks for no more", yes)
		}
	}
	for _, no := range []string{
		"", " ", "N", "RT", "TR", "RR", "T1", "不退订", "怎么退订", "退订了吗", "请发货", "thanks", "TD please", "回复", "回复Y", "拒收请回复", "D", "！", strings.Repeat("R", 300), "T" + strings.Repeat(" ", 400),
	} {
		if dispatch.OptsOut(no) {
			t.Errorf("%q does not ask for no more", no)
		}
	}
}

// Blanks, case and width around a word change nothing, and nothing else is ever taken for a word.
func FuzzOptsOut(f *testing.F) {
	for _, s := range []string{"R", "ＴＤ", "退订", "拒收请回复R", "hello", "\xff", "R\x00", "İ", "ſ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := dispatch.OptsOut(s)
		if len(s) < 150 && dispatch.OptsOut("　 "+s+"。\n") != out {
			t.Errorf("%q: %v, and otherwise with blanks around it", s, out)
		}
		if out && !strings.ContainsAny(strings.ToUpper(s), "RTＲＴ") && !strings.Contains(s, "退") && !strings.Contains(s, "拒") {
			t.Errorf("%q was taken for an opt-out", s)
		}
	})
}

func TestBlacklist(t *testing.T) {
	s := openShop(t)
	ctx := context.Background()
	added, err := s.AddToBlacklist(ctx, "t0", []string{"13100000000", "+8613100000000", "0086 138-0013-8000"})
	if err != nil || added != 2 {
		t.Fatal(added, err)
	}
	es, total, err := s.Blacklist(ctx, "t0", dispatch.BlacklistFilter{Phone: "131 0000 0000", Page: dispatch.Page{Limit: 10}})
	if err != nil || total != 1 || es[0] != (dispatch.BlacklistEntry{Phone: "+8613100000000", Source: dispatch.BlockedByOperator, AddedAt: now}) {
		t.Errorf("%+v, %d, %v", es, total, err)
	}
	if _, total, err := s.Blacklist(ctx, "t0", dispatch.BlacklistFilter{Phone: "95588"}); err != nil || total != 0 {
		t.Errorf("no number: %d, %v", total, err)
	}
	for _, bad := range [][]string{nil, {"95588"}, make([]string, 1001)} {
		if _, err := s.AddToBlacklist(ctx, "t0", bad); !fault.Has(err, fault.Parameter) {
			t.Errorf("added %d: %v", len(bad), err)
		}
		if _, err := s.RemoveFromBlacklist(ctx, "t0", bad); !fault.Has(err, fault.Parameter) {
			t.Errorf("removed %d: %v", len(bad), err)
		}
	}
	if n, err := s.RemoveFromBlacklist(ctx, "t0", []string{"13100000000"}); err != nil || n != 1 {
		t.Error(n, err)
	}
}

func part(id int64, ref uint16, total, number uint8, text string, at time.Time) dispatch.UnreadReply {
	return dispatch.UnreadReply{ID: id, ChannelReply: dispatch.ChannelReply{Channel: "ch", Reply: carrier.Reply{
		From: "86131", To: "1069", Text: text, Ref: ref, Total: total, Number: number, At: at}}}
}

func TestLongRepliesAreJoined(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []dispatch.UnreadReply
		wait time.Duration
		want string
	}{
		{"whole ones", []dispatch.UnreadReply{part(1, 0, 0, 0, "a", now), part(2, 0, 1, 1, "b", now)}, 0, "[1]a true [2]b true"},
		{"parts in any order", []dispatch.UnreadReply{part(1, 7, 3, 3, "c", now), part(2, 7, 3, 1, "a", now), part(3, 7, 3, 2, "b", now)}, 0, "[1 2 3]abc true"},
		{"two long ones at once", []dispatch.UnreadReply{part(1, 7, 2, 1, "a", now), part(2, 8, 2, 1, "x", now), part(3, 8, 2, 2, "y", now), part(4, 7, 2, 2, "b", now)}, 0,
			"[1 4]ab true [2 3]xy true"},
		{"a missing part is waited for", []dispatch.UnreadReply{part(1, 7, 2, 1, "a", now)}, dispatch.PartLimit - 1, ""},
		{"not for ever", []dispatch.UnreadReply{part(1, 7, 4, 2, "b", now), part(2, 7, 4, 1, "a", now.Add(time.Minute))}, dispatch.PartLimit, "[1 2]ab… false"},
		{"the gap shows", []dispatch.UnreadReply{part(1, 7, 4, 4, "d", now)}, dispatch.PartLimit, "[1]…d false"},
		{"a repeated part counts once", []dispatch.UnreadReply{part(1, 7, 2, 1, "a", now), part(2, 7, 2, 1, "A", now), part(3, 7, 2, 2, "b", now)}, 0, "[1 2 3]ab true"},
		{"an impossible number is a whole text", []dispatch.UnreadReply{part(1, 7, 2, 3, "a", now), part(2, 7, 2, 0, "b", now)}, 0, "[1]a true [2]b true"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ss, _ := dispatch.JoinReplies(c.in, now.Add(c.wait))
			var got []string
			for _, s := range ss {
				got = append(got, fmt.Sprint(s.Deliveries)+s.Reply.Text+fmt.Sprint(" ", s.Reply.Complete))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Whatever handsets and carriers send: every delivery is in one reply at most, at the end in exactly one, and no text is lost or torn.
func FuzzJoinReplies(f *testing.F) {
	f.Add("hello", "退订", uint8(2), uint8(1), uint8(2), uint16(7))
	f.Add("", "\xff\x00", uint8(0), uint8(9), uint8(255), uint16(0))
	f.Fuzz(func(t *testing.T, a, b string, total, n1, n2 uint8, ref uint16) {
		in := []dispatch.UnreadReply{part(1, ref, total, n1, a, now), part(2, ref, total, n2, b, now), part(3, 0, 0, 0, a, now)}
		ss, whole := dispatch.JoinReplies(in, now.Add(dispatch.PartLimit))
		seen := map[int64]bool{}
		for _, s := range ss {
			for _, id := range s.Deliveries {
				if seen[id] {
					t.Fatalf("delivery %d is in two replies", id)
				}
				seen[id] = true
			}
			if utf8.ValidString(a) && utf8.ValidString(b) && !utf8.ValidString(s.Reply.Text) {
				t.Errorf("%q is torn", s.Reply.Text)
			}
			if !strings.Contains(s.Reply.Text, a) && !strings.Contains(s.Reply.Text, b) {
				t.Errorf("%q holds neither %q nor %q", s.Reply.Text, a, b)
			}
		}
		if len(seen) != 3 || whole < 1 {
			t.Errorf("%d of 3 deliveries are read, %d whole", len(seen), whole)
		}
	})
}
