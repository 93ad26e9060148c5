package contract

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"cardlink/callback"
	"cardlink/videosms"
)

func videoTemplateRoundTrip(ctx context.Context, s VideoStores) error {
	want := videoTemplate("a", 800000001)
	want.Draft = true
	plain := videoTemplate("a", 800000002)
	plain.Vars, plain.ValidTo, plain.CreatedAt = nil, time.Time{}, videoNow.Add(time.Minute)
	if err := errors.Join(s.AddVideoTemplate(ctx, want), s.AddVideoTemplate(ctx, plain), s.AddVideoTemplate(ctx, videoTemplate("b", 800000003))); err != nil {
		return err
	}
	for _, want := range []*videosms.Template{want, plain} {
		if got, err := s.VideoTemplate(ctx, want.ID); err != nil || !reflect.DeepEqual(got, want) {
			return fmt.Errorf("%v\n got %+v\nwant %+v", err, got, want)
		}
	}
	if _, err := s.VideoTemplate(ctx, 800000009); !errors.Is(err, videosms.ErrUnknown) {
		return fmt.Errorf("err = %v, want ErrUnknown", err)
	}
	yes, no := true, false
	page := videosms.Page{Limit: 10}
	for i, c := range []struct {
		f    videosms.TemplateFilter
		want []int64
		n    int
	}{
		{videosms.TemplateFilter{Page: page}, []int64{800000002, 800000001}, 2},
		{videosms.TemplateFilter{Page: videosms.Page{Offset: 1, Limit: 1}}, []int64{800000001}, 2},
		{videosms.TemplateFilter{Page: videosms.Page{Offset: 5, Limit: 1}}, nil, 2},
		{videosms.TemplateFilter{ID: 800000001, Page: page}, []int64{800000001}, 1},
		{videosms.TemplateFilter{ID: 800000003, Page: page}, nil, 0},
		{videosms.TemplateFilter{Name: "ing 800000002", Page: page}, []int64{800000002}, 1},
		{videosms.TemplateFilter{HasParam: &yes, Page: page}, []int64{800000001}, 1},
		{videosms.TemplateFilter{HasParam: &no, Page: page}, []int64{800000002}, 1},
		{videosms.TemplateFilter{Created: videosms.Span{From: videoNow, To: videoNow}, Page: page}, []int64{800000001}, 1},
	} {
		list, n, err := s.VideoTemplates(ctx, "a", c.f)
		var got []int64
		for _, t := range list {
			got = append(got, t.ID)
		}
		if err != nil || n != c.n || !slices.Equal(got, c.want) {
			return fmt.Errorf("list %d: %v of %d, %v; want %v of %d", i, got, n, err, c.want, c.n)
		}
	}
	return nil
}

func videoTemplateNews(ctx context.Context, s VideoStores) error {
	t, draft, silent := videoTemplate("a", 800000001), videoTemplate("a", 800000002), videoTemplate("a", 800000003)
	t.CallbackURL, draft.CallbackURL, draft.Draft = "https://example.com/t", "https://example.com/d", true
	if err := errors.Join(s.AddVideoTemplate(ctx, t), s.AddVideoTemplate(ctx, draft), s.AddVideoTemplate(ctx, silent)); err != nil {
		return err
	}
	refused := errors.New("refused")
	_, err := s.ChangeVideoTemplate(ctx, "a", t.ID, videoNow, func(t *videosms.Template) error {
		t.State = videosms.Rejected
		return refused
	})
	if !errors.Is(err, refused) {
		return fmt.Errorf("err = %v, want alter's", err)
	}
	if _, err = s.ChangeVideoTemplate(ctx, "b", t.ID, videoNow, func(*videosms.Template) error { return nil }); !errors.Is(err, videosms.ErrUnknown) {
		return fmt.Errorf("another tenant's template: %v, want ErrUnknown", err)
	}
	for _, id := range []int64{t.ID, draft.ID, silent.ID} {
		got, err := s.ChangeVideoTemplate(ctx, "a", id, videoNow, func(t *videosms.Template) error {
			t.State, t.AuditDesc, t.Draft, t.Sequence, t.Carriers[1].State = videosms.Disabled, "why", false, t.Sequence+1, videosms.Disabled
			return nil
		})
		if err != nil || got.State != videosms.Disabled {
			return fmt.Errorf("%+v, %v", got, err)
		}
		if read, err := s.VideoTemplate(ctx, id); err != nil || !reflect.DeepEqual(read, got) {
			return fmt.Errorf("%v\nread %+v\nwant %+v", err, read, got)
		}
	}
	for _, c := range []struct {
		id   int64
		want string
	}{
		{t.ID, "vmt:800000001:1#1 | vmt:800000001:2#1"},
		{draft.ID, "vmt:800000002:2#1"},
		{silent.ID, ""},
	} {
		got, err := claim(ctx, s, "a", callback.URLType(c.id), videoNow.Add(time.Second), 10, c.want)
		if err != nil {
			return err
		}
		for _, p := range got.Pushes {
			if p.Kind != callback.KindVideoTemplate || !strings.Contains(string(p.Items[0].Data), `"tpl_id":"`+strconv.FormatInt(c.id, 10)+`"`) {
				return fmt.Errorf("push %+v", p)
			}
		}
	}
	// What is registered with a template is not what a tenant's news go to.
	n, err := s.Enqueue(ctx, news("a", callback.KindVideoStatus, 0, 3), videoNow)
	if err != nil || n != 0 {
		return fmt.Errorf("Enqueue = %d, %v; want none", n, err)
	}
	return nil
}

func videoPending(ctx context.Context, s VideoStores) error {
	add := func(id int64, alter func(*videosms.Template)) error {
		t := videoTemplate("a", id)
		if id%2 == 0 {
			t.Tenant = "b"
		}
		alter(t)
		return s.AddVideoTemplate(ctx, t)
	}
	if err := errors.Join(
		add(800000001, func(t *videosms.Template) { t.State, t.Carriers[0].State = videosms.InReview, videosms.InReview }),
		add(800000002, func(t *videosms.Template) {
			t.Carriers[2].State, t.CreatedAt = videosms.InReview, videoNow.Add(-time.Minute)
		}), // usable at the others
		add(800000003, func(t *videosms.Template) {
			t.State, t.Carriers[0].State, t.Draft = videosms.InReview, videosms.InReview, true
		}),
		add(800000004, func(t *videosms.Template) { t.ValidTo = videoNow }),
		add(800000005, func(t *videosms.Template) { t.ValidTo, t.State = videoNow, videosms.Expired }),
		add(800000006, func(t *videosms.Template) { t.ValidTo = time.Time{} }),
		add(800000007, func(t *videosms.Template) {
			t.ValidTo, t.Carriers[0].State = videoNow.Add(-time.Hour), videosms.InReview
		}),
	); err != nil {
		return err
	}
	for name, c := range map[string]struct {
		list func(context.Context, time.Time, int) ([]*videosms.Template, error)
		want []int64
	}{
		"pending":  {s.PendingVideoTemplates, []int64{800000002, 800000001}},
		"outdated": {s.OutdatedVideoTemplates, []int64{800000007, 800000004}},
	} {
		for limit := 1; limit <= 3; limit++ {
			list, err := c.list(ctx, videoNow, limit)
			var got []int64
			for _, t := range list {
				got = append(got, t.ID)
			}
			if want := c.want[:min(limit, len(c.want))]; err != nil || !slices.Equal(got, want) {
				return fmt.Errorf("%s: %v, %v; want %v", name, got, err, want)
			}
		}
	}
	return nil
}
