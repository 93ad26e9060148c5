package templates

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPositions(t *testing.T) {
	for in, want := range map[string][]int{ // numbers for n = 3
		"4": {4}, "1..5": {1, 2, 3, 4, 5}, "3,5,7": {3, 5, 7}, "n+1": {4}, "3n+4": {13}, "2..2": {2},
	} {
		p, err := parsePosition(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		var got []int
		for i := 0; p.at(i, 3) != 0; i++ {
			got = append(got, p.at(i, 3))
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", in, d)
		}
	}
	for _, in := range []string{"", "0", "-1", "x", "1..", "..2", "5..1", "0..2", "1,1", "2,1", "n", "n+", "n+0", "0n+1", "-n+1", "1.5", "99999999999999999999", "1..99999999", "1001"} {
		if p, err := parsePosition(in); err == nil {
			t.Errorf("%q is read as %+v", in, p)
		}
	}
}

func FuzzParsePosition(f *testing.F) {
	for _, s := range []string{"4", "1..5", "3,5,7", "n+1", "3n+4", "1..", "9n+999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePosition(s)
		if err != nil {
			return
		}
		for n := range 4 {
			if at := p.at(0, n); at < 1 || at > maxPosition*5 {
				t.Errorf("%q stands at %d for n = %d", s, at, n)
			}
		}
	})
}

// page reads "image1 text2 …": types with their position_number.
func page(s string) (cs []Content) {
	for f := range strings.FieldsSeq(s) {
		var c Content
		for _, kind := range []string{typeText, typeImage, typeVideo, typeButton} {
			if n, ok := strings.CutPrefix(f, kind); ok {
				c.Type = kind
				fmt.Sscan(n, &c.Position)
			}
		}
		cs = append(cs, c)
	}
	return cs
}

func show(slots []Slot) string {
	var out []string
	for _, s := range slots {
		out = append(out, fmt.Sprintf("%s%d@%d", s.Role, s.Index, s.Position))
	}
	return strings.Join(out, " ")
}

func TestBind(t *testing.T) {
	for _, c := range []struct {
		card, page, slots string
		problems          []string // "hard contents[0].position_number" or "soft …"
	}{
		{"StandardImageAndText", "image1 text2 text3 button4", "banner0@1 title0@2 body0@3 button0@4", nil},
		{"StandardImageAndText", "button4 text3 image1 text2 button5", "banner0@1 title0@2 body0@3 button0@4 button1@5", nil},
		{"StandardImageAndText", "image1 text3 text2 button7", "banner0@1 title0@2 body0@3 button0@7", []string{"soft contents[3].position_number"}},
		{"StandardImageAndText", "image1 text2 text3 button4 button5 button6", "banner0@1 title0@2 body0@3 button0@4 button1@5", []string{"soft contents[5].position_number"}},
		{"StandardImageAndText", "image1 text2 button4", "banner0@1 title0@2 button0@4", []string{"soft contents"}},
		{"RedPacket", "image1 text2 text3 text4 button5", "logo0@1 name0@2 title0@3 body0@4 button0@5", nil},
		{"RedPacket", "image1 text2 text3 button5", "logo0@1 name0@2 title0@3 button0@5", []string{"hard contents"}},
		{"RedPacket", "image1 text2 text3 text4 button5 text6", "logo0@1 name0@2 title0@3 body0@4 button0@5", []string{"hard contents[5].position_number"}},
		{"PureText", "text3 button4", "body0@3 button0@4", nil},
		{"PureText", "image1 text2 text3 button4 button5", "logo0@1 title0@2 body0@3 button0@4 button1@5", nil},
		{"Notification1", "image1 text2 text3 text4 button5", "banner0@1 title0@2 pair0@3 pair1@4 button0@5", nil},
		{"Notification1", "text2 text3 text4 text5 text6 text7 text8 button9 button10", "title0@2 pair0@3 pair1@4 pair2@5 pair3@6 pair4@7 pair5@8 button0@9 button1@10", nil},
		{"Notification1", "text2 text3 button4", "title0@2 pair0@3 button0@4", []string{"hard contents"}},
		{"Notification1", "text2 text3 text4 text5 text6 text7 text8 text9 button10", "title0@2 pair0@3 pair1@4 pair2@5 pair3@6 pair4@7 pair5@8 button0@10",
			[]string{"hard contents[7].position_number", "hard contents", "soft contents"}},
		{"MultipleImageAndText", "image1 text2 text3 image4 text5 image6", "banner0@1 title0@2 item_title0@3 thumbnail0@4 item_title1@5 thumbnail1@6", nil},
		{"ECImageAndText", "image1 image2 image3 text4 text5 text6 button7 button8", "product0@1 product1@2 product2@3 title0@4 body0@5 price0@6 button0@7 button1@8", nil},
		{"ECImageAndText", "video1 text2 text4 button5 button6", "video0@1 title0@2 price0@4 button0@5 button1@6", nil},
		{"VideoImageAndText", "video1 text2 text3 image4 text5 text6 image7 text8 text9 button10", "video0@1 title0@2 body0@3 thumbnail0@4 item_title0@5 item_body0@6 thumbnail1@7 item_title1@8 item_body1@9 button0@10", nil},
		{"Trip1", "text2 text3 text4 text5 button6", "title0@2 departure0@3 arrival0@4 number0@5 button0@6", nil},
		{"Trip1", "text2 text3 text4 text5 text6 text7 button8 button9", "title0@2 departure0@3 arrival0@4 number0@5 pair0@6 pair1@7 button0@8 button1@9", nil},
		{"CarouselSquareImage", "image1 image2 text3 button5", "slide0@1 slide1@2 title0@3 button0@5", nil},
		{"CarouselSquareImage", "image1 image2 image3 image4 image5 image6 text7 button9", "slide0@1 slide1@2 slide2@3 slide3@4 slide4@5 body0@7 button0@9",
			[]string{"hard contents[5].position_number", "soft contents[7].position_number", "hard contents", "soft contents"}},
	} {
		slots, problems := layout(t, c.card).Bind(page(c.page))
		if got := show(slots); got != c.slots {
			t.Errorf("%s %s\n got %s\nwant %s", c.card, c.page, got, c.slots)
		}
		var got []string
		for _, p := range problems {
			got = append(got, map[bool]string{true: "hard ", false: "soft "}[p.Hard]+p.Field)
		}
		if d := cmp.Diff(c.problems, got); d != "" {
			t.Errorf("%s %s: problems %s\n%+v", c.card, c.page, d, problems)
		}
	}
}

// Whatever the page, each content has at most one slot, of its own type, and the slots come in order.
func TestBindIsSound(t *testing.T) {
	c := catalogue(t)
	rapid.Check(t, func(r *rapid.T) {
		l, _ := c.Layout(rapid.SampledFrom(c.Layouts()).Draw(r, "card"))
		n := rapid.IntRange(0, 20).Draw(r, "n")
		contents := make([]Content, n)
		for i := range contents {
			contents[i] = Content{
				Type:     rapid.SampledFrom([]string{typeText, typeImage, typeVideo, typeButton, "other"}).Draw(r, "type"),
				Position: rapid.IntRange(-1, 20).Draw(r, "position"),
			}
		}
		slots, _ := l.Bind(contents)
		seen, last := map[int]bool{}, -1
		for _, s := range slots {
			if seen[s.At] || s.Content != &contents[s.At] || s.Component != contents[s.At].Type || s.Position < last {
				r.Fatalf("%s: %s", l.CardID, show(slots))
			}
			seen[s.At], last = true, s.Position
		}
	})
}
