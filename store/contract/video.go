package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/event"
	"cardlink/videosms"
)

// VideoStores is all that video messages are kept with. The tenants "a" and "b" exist.
type VideoStores interface {
	videosms.Store
	videosms.Queue
	callback.Store
	callback.VideoFacts
	dispatch.OptOutStore
	OutboxBatch(ctx context.Context, max int) (ids []int64, recs []event.Record, err error)
}

// VideoSMS is what a store of video messages promises. Each check wants a store of its own.
var VideoSMS = []struct {
	Name  string
	Check func(context.Context, VideoStores) error
}{
	{"templates are read as they were stored, by their tenant in lists and by anybody by id", videoTemplateRoundTrip},
	{"a template's own address hears of every state, and of nothing that did not happen", videoTemplateNews},
	{"reviewers see what waits, and what is outdated is found", videoPending},
	{"messages are claimed once, with number and values, and their task counts", videoClaims},
	{"tenants take turns", videoTurns},
	{"messages that cannot be sent are final at once", videoFailedAtOnce},
	{"only the last try's result counts", videoFences},
	{"reports: early, repeated, contradicting, late and of nobody", videoReports},
	{"what a dead holder left is taken over", videoRecovery},
	{"a message without a report times out", videoTimesOut},
	{"tasks are listed by their states and times", videoTaskLists},
	{"answers reach the tenant of the message, once", videoUplinks},
	{"who asks for no more gets no more", videoOptOuts},
}

var videoNow = time.UnixMilli(1_767_312_000_000).UTC()

func videoTemplate(tenant string, id int64) *videosms.Template {
	return &videosms.Template{
		ID: id, Tenant: tenant, Name: "spring " + strconv.FormatInt(id, 10), Title: "Sale", Sign: "商城", Size: 40, Remarks: "soon", State: videosms.Usable,
		Frames: []videosms.Frame{{Elements: []videosms.Element{
			{Type: "jpg", Name: "a.jpg", Media: &videosms.Media{Digest: strings.Repeat("ab", 32), Type: "image/jpeg", Size: 20}},
			{Type: "txt", Name: "t", Text: "【商城】Hi #p_1#"},
		}}},
		Vars:     []videosms.Var{{Name: "p_1", Type: "txt"}},
		Carriers: []videosms.CarrierState{{Carrier: "cmcc"}, {Carrier: "cucc"}, {Carrier: "ctcc"}},
		Sequence: 1, ValidTo: videoNow.Add(24 * time.Hour), CreatedAt: videoNow,
	}
}

// videoTask stores a task of n numbers, +8613100000001 and so on, and returns it.
func videoTask(ctx context.Context, s VideoStores, tenant string, n int, alter func(*videosms.Task, []videosms.Message)) (*videosms.Task, error) {
	first, err := s.LeaseIDs(ctx, "vms_messages", 1, int64(n))
	if err != nil {
		return nil, err
	}
	t := &videosms.Task{
		ID: first, UUID: fmt.Sprintf("80959fd0-dc23-42e3-9595-%012d", first), Tenant: tenant, Operator: "api", Name: "task", TplID: 800000001, TplName: "spring",
		Frames: 2, Bytes: 99, Exdata: "x", Total: n, CreatedAt: videoNow, ExpireAt: videoNow.Add(72 * time.Hour),
	}
	ms := make([]videosms.Message, n)
	for i := range ms {
		ms[i] = videosms.Message{ID: first + int64(i), Phone: fmt.Sprintf("+86131%08d", i+1), Carrier: dispatch.CUCC}
	}
	if alter != nil {
		alter(t, ms)
	}
	return t, s.AddVideoTask(ctx, t, ms, []videosms.Values{{"p_1": {Text: "Ann"}}, {"p_1": {Text: "Bob"}}})
}

func videoClaim(ctx context.Context, s VideoStores, holder string, limit int) ([]videosms.Work, error) {
	ws, _, err := s.ClaimVideo(ctx, videosms.Claim{Holder: holder, Now: videoNow, Lease: time.Minute, Limit: limit})
	return ws, err
}

// videoFacts writes the facts of the outbox as "type id".
func videoFacts(ctx context.Context, s VideoStores) ([]string, error) {
	_, recs, err := s.OutboxBatch(ctx, 1000)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, r := range recs {
		f, err := event.Decode(r.Value)
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(r.Value), "131000000") {
			return nil, fmt.Errorf("a fact names a number: %s", r.Value)
		}
		var d event.BasicReceipt
		if err := json.Unmarshal(f.Data, &d); err != nil {
			return nil, err
		}
		out = append(out, strings.TrimSpace(string(f.Type[:len("basic.send.x")])+" "+d.Final+" "+d.Code))
	}
	slices.Sort(out)
	return out, nil
}

func wantVideoFacts(ctx context.Context, s VideoStores, want ...string) error {
	got, err := videoFacts(ctx, s)
	if err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("facts %q, want %q", got, want)
	}
	return nil
}

func wantVideoTask(ctx context.Context, s VideoStores, tenant, uuid string, status videosms.TaskStatus, submitted, success, failed, timeout int) error {
	ts, n, err := s.VideoTasks(ctx, tenant, videosms.TaskFilter{ID: uuid, Page: videosms.Page{Limit: 10}})
	if err != nil || n != 1 || len(ts) != 1 {
		return fmt.Errorf("tasks = %v, %d, %v", ts, n, err)
	}
	t := ts[0]
	got := []int{t.Submitted, t.Success, t.Failed, t.Timeout}
	if want := []int{submitted, success, failed, timeout}; !slices.Equal(got, want) || t.Status() != status {
		return fmt.Errorf("submitted, success, failed, timeout = %v and %s, want %v and %s", got, t.Status(), want, status)
	}
	_, n, err = s.VideoTasks(ctx, tenant, videosms.TaskFilter{Status: status, Page: videosms.Page{Limit: 10}})
	if err != nil || n == 0 {
		return fmt.Errorf("the status is %s, but its list has %d, %v", status, n, err)
	}
	return nil
}

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

func videoClaims(ctx context.Context, s VideoStores) error {
	t, err := videoTask(ctx, s, "a", 3, func(_ *videosms.Task, ms []videosms.Message) { ms[2].Values = 1 })
	if err != nil {
		return err
	}
	if ws, _, err := s.ClaimVideo(ctx, videosms.Claim{Holder: "n", Now: videoNow.Add(-time.Second), Lease: time.Minute, Limit: 9}); err != nil || len(ws) != 0 {
		return fmt.Errorf("claimed before they are due: %+v, %v", ws, err)
	}
	ws, err := videoClaim(ctx, s, "n", 2)
	if err != nil {
		return err
	}
	last, err := videoClaim(ctx, s, "n", 2)
	if err != nil {
		return err
	}
	if none, err := videoClaim(ctx, s, "n", 2); err != nil || len(none) != 0 {
		return fmt.Errorf("claimed twice: %+v, %v", none, err)
	}
	var want []videosms.Work
	for i := range 3 {
		want = append(want, videosms.Work{
			ID: t.ID + int64(i), Try: 1, Tenant: "a", Task: t.ID, TaskUUID: t.UUID, TplID: t.TplID, Phone: fmt.Sprintf("+86131%08d", i+1), Carrier: "cucc",
			Values: videosms.Values{"p_1": {Text: "Ann"}}, ExpireAt: t.ExpireAt,
		})
	}
	want[2].Values = videosms.Values{"p_1": {Text: "Bob"}}
	if got := slices.Concat(ws, last); !reflect.DeepEqual(got, want) {
		return fmt.Errorf("claimed\n got %+v\nwant %+v", got, want)
	}
	if err := wantVideoTask(ctx, s, "a", t.UUID, videosms.SubmitSuccess, 0, 0, 0, 0); err != nil {
		return err
	}
	mine, err := s.IntendVideo(ctx, "n", want, videoNow.Add(time.Minute))
	if err != nil || len(mine) != 3 {
		return fmt.Errorf("IntendVideo = %v, %v", mine, err)
	}
	rs := []videosms.Result{
		{ID: t.ID, Try: 1, Verdict: videosms.Taken, CarrierID: "c1", Due: videoNow.Add(72 * time.Hour)},
		{ID: t.ID + 1, Try: 1, Verdict: videosms.Refused, Code: "BLACK"},
		{ID: t.ID + 2, Try: 1, Verdict: videosms.Later, Due: videoNow},
	}
	if err := s.SettleVideo(ctx, rs, videoNow); err != nil {
		return err
	}
	if err := s.SettleVideo(ctx, rs, videoNow); err != nil { // again: nothing more
		return err
	}
	if err := wantVideoTask(ctx, s, "a", t.UUID, videosms.Processing, 1, 0, 1, 0); err != nil {
		return err
	}
	if ws, err = videoClaim(ctx, s, "n", 9); err != nil || len(ws) != 1 || ws[0].ID != t.ID+2 || ws[0].Try != 2 || ws[0].MaybeDup {
		return fmt.Errorf("the second try is %+v, %v", ws, err)
	}
	return wantVideoFacts(ctx, s, "basic.send.r fail BLACK", "basic.send.s")
}

func videoTurns(ctx context.Context, s VideoStores) error {
	if _, err := videoTask(ctx, s, "a", 6, nil); err != nil {
		return err
	}
	if _, err := videoTask(ctx, s, "b", 6, nil); err != nil {
		return err
	}
	var got []string
	after := ""
	for _, limit := range []int{4, 1, 1, 6} {
		ws, last, err := s.ClaimVideo(ctx, videosms.Claim{Holder: "n", Now: videoNow, Lease: time.Minute, Limit: limit, After: after})
		if err != nil {
			return err
		}
		var turn string
		for _, w := range ws {
			turn += w.Tenant
		}
		got, after = append(got, turn), last
	}
	if want := []string{"aabb", "a", "b", "aaabbb"}; !slices.Equal(got, want) {
		return fmt.Errorf("turns %v, want %v", got, want)
	}
	return nil
}

func videoFailedAtOnce(ctx context.Context, s VideoStores) error {
	t, err := videoTask(ctx, s, "a", 2, func(_ *videosms.Task, ms []videosms.Message) { ms[0].Failed = videosms.CodeNotApproved })
	if err != nil {
		return err
	}
	if err := wantVideoTask(ctx, s, "a", t.UUID, videosms.Processing, 0, 0, 1, 0); err != nil {
		return err
	}
	if ws, err := videoClaim(ctx, s, "n", 9); err != nil || len(ws) != 1 || ws[0].ID != t.ID+1 {
		return fmt.Errorf("claimed %+v, %v", ws, err)
	}
	return wantVideoFacts(ctx, s, "basic.send.r fail "+videosms.CodeNotApproved)
}

func videoFences(ctx context.Context, s VideoStores) error {
	t, err := videoTask(ctx, s, "a", 1, nil)
	if err != nil {
		return err
	}
	old, err := videoClaim(ctx, s, "n", 1)
	if err != nil || len(old) != 1 {
		return fmt.Errorf("claimed %v, %v", old, err)
	}
	if mine, err := s.IntendVideo(ctx, "other", old, videoNow); err != nil || len(mine) != 0 {
		return fmt.Errorf("another node's intent was taken: %v, %v", mine, err)
	}
	if q, a, err := s.RecoverVideo(ctx, "n", true, videoNow, videoNow, 10); err != nil || q != 1 || a != 0 {
		return fmt.Errorf("recovered %d, %d, %v", q, a, err)
	}
	if mine, err := s.IntendVideo(ctx, "n", old, videoNow); err != nil || len(mine) != 0 {
		return fmt.Errorf("the intent of a lost claim was taken: %v, %v", mine, err)
	}
	fresh, err := videoClaim(ctx, s, "m", 1)
	if err != nil || len(fresh) != 1 || fresh[0].Try != 2 {
		return fmt.Errorf("claimed %+v, %v", fresh, err)
	}
	if mine, err := s.IntendVideo(ctx, "m", fresh, videoNow.Add(time.Minute)); err != nil || !mine[t.ID] {
		return fmt.Errorf("the intent was not taken: %v, %v", mine, err)
	}
	if err := s.SettleVideo(ctx, []videosms.Result{{ID: t.ID, Try: 1, Verdict: videosms.Refused, Code: "OLD"}}, videoNow); err != nil {
		return err
	}
	if err := wantVideoTask(ctx, s, "a", t.UUID, videosms.SubmitSuccess, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("an older try's result counted: %w", err)
	}
	if err := s.SettleVideo(ctx, []videosms.Result{{ID: t.ID, Try: 2, Verdict: videosms.Taken, Due: videoNow.Add(time.Hour)}, {ID: 999, Try: 1}}, videoNow); err != nil {
		return err
	}
	return wantVideoTask(ctx, s, "a", t.UUID, videosms.Processing, 1, 0, 0, 0)
}

// submitVideo brings messages up to the moment at which the gateway has been asked, and settles those of which it is said.
func submitVideo(ctx context.Context, s VideoStores, settle func(i int, w videosms.Work) *videosms.Result) ([]videosms.Work, error) {
	ws, err := videoClaim(ctx, s, "n", 100)
	if err != nil {
		return nil, err
	}
	if _, err := s.IntendVideo(ctx, "n", ws, videoNow.Add(time.Minute)); err != nil {
		return nil, err
	}
	var rs []videosms.Result
	for i, w := range ws {
		if r := settle(i, w); r != nil {
			r.ID, r.Try = w.ID, w.Try
			rs = append(rs, *r)
		}
	}
	return ws, s.SettleVideo(ctx, rs, videoNow)
}

func takenVideo(int, videosms.Work) *videosms.Result {
	return &videosms.Result{Verdict: videosms.Taken, CarrierID: "c", Due: videoNow.Add(72 * time.Hour)}
}

func videoReports(ctx context.Context, s VideoStores) error {
	t, err := videoTask(ctx, s, "a", 4, nil)
	if err != nil {
		return err
	}
	unsent, err := videoTask(ctx, s, "b", 1, func(t *videosms.Task, _ []videosms.Message) { t.CreatedAt = videoNow.Add(time.Hour) })
	if err != nil {
		return err
	}
	ws, err := submitVideo(ctx, s, func(i int, w videosms.Work) *videosms.Result {
		if i == 0 {
			return nil // its answer comes later than its report
		}
		return takenVideo(i, w)
	})
	if err != nil || len(ws) != 4 {
		return fmt.Errorf("%d submitted, %v", len(ws), err)
	}
	id := func(t *videosms.Task, i int) string { return dispatch.MsgID(t.UUID, t.ID+int64(i)) }
	ok := func(id string) videosms.Report {
		return videosms.Report{ID: id, CarrierID: "early", Delivered: true, Code: "DELIVRD", At: videoNow.Add(time.Second)}
	}
	bad := func(id string) videosms.Report {
		return videosms.Report{ID: id, Code: "UNDELIV", At: videoNow.Add(time.Second)}
	}
	for i, c := range []struct {
		rs   []videosms.Report
		want videosms.Tally
	}{
		{[]videosms.Report{ok(id(t, 0)), bad(id(t, 1)), ok(id(t, 2)), ok(id(t, 2))}, videosms.Tally{Applied: 3, Duplicate: 1}},
		{[]videosms.Report{ok(id(t, 0)), ok(id(t, 1))}, videosms.Tally{Duplicate: 1, Conflict: 1}},
		{[]videosms.Report{ok("nonsense"), ok(dispatch.MsgID(unsent.UUID, t.ID+3)), ok(id(unsent, 0)), ok(dispatch.MsgID(t.UUID, 999))}, videosms.Tally{Unmatched: 4}},
	} {
		if got, err := s.ReportVideo(ctx, c.rs, videoNow); err != nil || got != c.want {
			return fmt.Errorf("call %d: %+v, %v; want %+v", i, got, err, c.want)
		}
	}
	if err := s.SettleVideo(ctx, []videosms.Result{{ID: t.ID, Try: 1, Verdict: videosms.Taken, CarrierID: "late", Due: videoNow}}, videoNow); err != nil {
		return err
	}
	if n, err := s.TimeOutVideo(ctx, videoNow.Add(73*time.Hour), 10); err != nil || n != 1 {
		return fmt.Errorf("timed out %d, %v; want 1", n, err)
	}
	if got, err := s.ReportVideo(ctx, []videosms.Report{ok(id(t, 3))}, videoNow); err != nil || got != (videosms.Tally{Late: 1}) {
		return fmt.Errorf("a late report: %+v, %v", got, err)
	}
	if err := wantVideoTask(ctx, s, "a", t.UUID, videosms.SendingComplete, 4, 2, 1, 1); err != nil {
		return err
	}
	if err := wantVideoFacts(ctx, s, "basic.send.r fail UNDELIV", "basic.send.r success DELIVRD", "basic.send.r success DELIVRD", "basic.send.r timeout TIMEOUT",
		"basic.send.s", "basic.send.s", "basic.send.s", "basic.send.s"); err != nil {
		return err
	}
	return videoPushes(ctx, s)
}

// videoPushes checks what a push about the first delivered message would tell.
func videoPushes(ctx context.Context, s VideoStores) error {
	_, recs, err := s.OutboxBatch(ctx, 1000)
	if err != nil {
		return err
	}
	for _, r := range recs {
		f, err := event.Decode(r.Value)
		if err != nil {
			return err
		}
		var d event.BasicReceipt
		if err := json.Unmarshal(f.Data, &d); err != nil {
			return err
		}
		if f.Type != event.TypeBasicReceipt || d.Final != event.FinalFail {
			continue
		}
		got, err := s.VideoReport(ctx, "a", d.TaskID, d.CustRef)
		want := callback.VideoReport{TaskID: d.TaskID, Mobile: "13100000002", Status: 1, Code: "UNDELIV", Desc: "fail", STime: "2026-01-02 00:00:00", RTime: "2026-01-02 00:00:01"}
		if err != nil || got != want {
			return fmt.Errorf("VideoReport = %+v, %v; want %+v", got, err, want)
		}
		if _, err := s.VideoReport(ctx, "b", d.TaskID, d.CustRef); err == nil {
			return errors.New("another tenant reads the report")
		}
		return nil
	}
	return errors.New("no failed receipt among the facts")
}

func videoRecovery(ctx context.Context, s VideoStores) error {
	t, err := videoTask(ctx, s, "a", 4, nil)
	if err != nil {
		return err
	}
	ws, err := videoClaim(ctx, s, "n", 4)
	if err != nil {
		return err
	}
	if _, err := s.IntendVideo(ctx, "n", ws[:2], videoNow.Add(2*time.Minute)); err != nil {
		return err
	}
	if q, a, err := s.RecoverVideo(ctx, "other", true, videoNow, videoNow, 10); err != nil || q+a != 0 {
		return fmt.Errorf("another node's claims: %d, %d, %v", q, a, err)
	}
	if q, a, err := s.RecoverVideo(ctx, "", true, videoNow.Add(time.Second), videoNow, 10); err != nil || q+a != 0 {
		return fmt.Errorf("claims within their lease: %d, %d, %v", q, a, err)
	}
	// The claims' leases are over, those of the intents are not.
	if q, a, err := s.RecoverVideo(ctx, "", false, videoNow.Add(time.Minute), videoNow, 10); err != nil || q != 2 || a != 0 {
		return fmt.Errorf("claims behind their lease: %d, %d, %v; want 2 queued", q, a, err)
	}
	// One intent is repeatable, the other is not.
	if q, a, err := s.RecoverVideo(ctx, "n", true, videoNow, videoNow, 1); err != nil || q != 1 || a != 0 {
		return fmt.Errorf("a repeatable intent: %d, %d, %v", q, a, err)
	}
	if q, a, err := s.RecoverVideo(ctx, "n", false, videoNow, videoNow.Add(time.Hour), 10); err != nil || q != 0 || a != 1 {
		return fmt.Errorf("an intent that must not be repeated: %d, %d, %v", q, a, err)
	}
	ws, _, err = s.ClaimVideo(ctx, videosms.Claim{Holder: "n", Now: videoNow.Add(time.Minute), Lease: time.Minute, Limit: 9})
	if err != nil || len(ws) != 3 {
		return fmt.Errorf("claimed %+v, %v", ws, err)
	}
	for _, w := range ws {
		if w.Try != 2 || w.MaybeDup != (w.ID == t.ID) {
			return fmt.Errorf("claimed %+v; want its second try, and perhaps repeated only if it was intended", w)
		}
	}
	// The ambiguous one is settled by its report.
	got, err := s.ReportVideo(ctx, []videosms.Report{{ID: dispatch.MsgID(t.UUID, t.ID+1), Delivered: true, Code: "DELIVRD", At: videoNow}}, videoNow)
	if err != nil || got.Applied != 1 {
		return fmt.Errorf("%+v, %v", got, err)
	}
	return wantVideoTask(ctx, s, "a", t.UUID, videosms.Processing, 1, 1, 0, 0)
}

func videoTimesOut(ctx context.Context, s VideoStores) error {
	t, err := videoTask(ctx, s, "a", 3, nil)
	if err != nil {
		return err
	}
	if _, err := submitVideo(ctx, s, func(i int, w videosms.Work) *videosms.Result {
		switch i {
		case 0:
			return takenVideo(i, w)
		case 1:
			return &videosms.Result{Verdict: videosms.Unknown, Due: videoNow.Add(72 * time.Hour)}
		}
		return &videosms.Result{Verdict: videosms.Later, Due: videoNow}
	}); err != nil {
		return err
	}
	for _, c := range []struct {
		at       time.Time
		limit, n int
	}{{videoNow.Add(72*time.Hour - time.Second), 10, 0}, {videoNow.Add(72 * time.Hour), 1, 1}, {videoNow.Add(72 * time.Hour), 10, 1}, {videoNow.Add(99 * time.Hour), 10, 0}} {
		if n, err := s.TimeOutVideo(ctx, c.at, c.limit); err != nil || n != c.n {
			return fmt.Errorf("at %v: %d, %v; want %d", c.at, n, err, c.n)
		}
	}
	if err := wantVideoTask(ctx, s, "a", t.UUID, videosms.Processing, 1, 0, 0, 2); err != nil {
		return err
	}
	return wantVideoFacts(ctx, s, "basic.send.r timeout TIMEOUT", "basic.send.r timeout TIMEOUT", "basic.send.s")
}

func videoTaskLists(ctx context.Context, s VideoStores) error {
	var tasks []*videosms.Task
	for i := range 3 {
		t, err := videoTask(ctx, s, "a", 1, func(t *videosms.Task, _ []videosms.Message) {
			t.Name, t.TplName, t.Operator = "task "+strconv.Itoa(i), "tpl "+strconv.Itoa(i), "op"+strconv.Itoa(i)
			t.TplID, t.CreatedAt = t.TplID+int64(i), videoNow.Add(time.Duration(i-2)*time.Hour)
		})
		if err != nil {
			return err
		}
		tasks = append(tasks, t)
	}
	if _, err := submitVideo(ctx, s, func(i int, w videosms.Work) *videosms.Result {
		if w.Task == tasks[1].ID {
			return takenVideo(i, w)
		}
		if w.Task == tasks[2].ID {
			return &videosms.Result{Verdict: videosms.Refused, Code: "X"}
		}
		return nil
	}); err != nil {
		return err
	}
	page := videosms.Page{Limit: 10}
	for i, c := range []struct {
		f    videosms.TaskFilter
		want []int
	}{
		{videosms.TaskFilter{}, []int{2, 1, 0}},
		{videosms.TaskFilter{Name: "sk 1"}, []int{1}},
		{videosms.TaskFilter{ID: tasks[0].UUID}, []int{0}},
		{videosms.TaskFilter{TplID: 800000002}, []int{1}},
		{videosms.TaskFilter{TplName: "tpl 2"}, []int{2}},
		{videosms.TaskFilter{Operator: "op0"}, []int{0}},
		{videosms.TaskFilter{Operator: "op"}, nil},
		{videosms.TaskFilter{Status: videosms.SubmitSuccess}, []int{0}},
		{videosms.TaskFilter{Status: videosms.Processing}, []int{1}},
		{videosms.TaskFilter{Status: videosms.SubmitFailed}, []int{2}},
		{videosms.TaskFilter{Status: "scheduled"}, nil},
		{videosms.TaskFilter{Created: videosms.Span{From: videoNow.Add(-time.Hour)}}, []int{2, 1}},
		{videosms.TaskFilter{Created: videosms.Span{To: videoNow.Add(-time.Hour)}}, []int{1, 0}},
		{videosms.TaskFilter{Sent: videosms.Span{From: videoNow}}, []int{1}},
		{videosms.TaskFilter{Sent: videosms.Span{To: videoNow.Add(-time.Second)}}, nil},
	} {
		c.f.Page = page
		list, n, err := s.VideoTasks(ctx, "a", c.f)
		var got []int
		for _, t := range list {
			got = append(got, slices.IndexFunc(tasks, func(x *videosms.Task) bool { return x.UUID == t.UUID }))
		}
		if err != nil || !slices.Equal(got, c.want) || n != len(c.want) {
			return fmt.Errorf("list %d: %v of %d, %v; want %v", i, got, n, err, c.want)
		}
	}
	if list, n, err := s.VideoTasks(ctx, "b", videosms.TaskFilter{Page: page}); err != nil || n != 0 || len(list) != 0 {
		return fmt.Errorf("another tenant sees %v, %d, %v", list, n, err)
	}
	list, _, err := s.VideoTasks(ctx, "a", videosms.TaskFilter{ID: tasks[1].UUID, Page: page})
	want := *tasks[1]
	want.Submitted, want.SentAt = 1, videoNow
	if err != nil || len(list) != 1 || !reflect.DeepEqual(list[0], want) {
		return fmt.Errorf("%v\n got %+v\nwant %+v", err, list, want)
	}
	return nil
}

func videoUplinks(ctx context.Context, s VideoStores) error {
	e := callback.Endpoint{ID: "e", Tenant: "a", URLType: callback.VideoUplink, URL: "https://example.com/u", Remark: "mine", CreatedAt: videoNow}
	if got, err := s.PutEndpoint(ctx, e); err != nil || got != e {
		return fmt.Errorf("PutEndpoint = %+v, %v", got, err)
	}
	old, err := videoTask(ctx, s, "b", 1, nil)
	if err != nil {
		return err
	}
	t, err := videoTask(ctx, s, "a", 2, nil)
	if err != nil {
		return err
	}
	if ws, err := submitVideo(ctx, s, takenVideo); err != nil || len(ws) != 3 {
		return fmt.Errorf("%v, %v", ws, err)
	}
	if _, err := videoTask(ctx, s, "b", 1, nil); err != nil { // newer, to the same number, and never handed over
		return err
	}
	for i, c := range []struct {
		us   []videosms.Uplink
		want videosms.Tally
	}{
		{[]videosms.Uplink{
			{Ref: "1", ID: dispatch.MsgID(t.UUID, t.ID+1), Content: "Hello everyone", At: videoNow},
			{Ref: "2", From: "+8613100000001", Content: "R", At: videoNow},
			{Ref: "3", From: "+8613100000099", Content: "R", At: videoNow},
			{Ref: "4", ID: dispatch.MsgID(old.UUID, t.ID), Content: "R", At: videoNow},
			{Ref: "5", ID: "nonsense", Content: "R", At: videoNow},
		}, videosms.Tally{Applied: 2, Unmatched: 3}},
		{[]videosms.Uplink{{Ref: "2", From: "+8613100000001", Content: "R", At: videoNow}, {Ref: "6", ID: dispatch.MsgID(old.UUID, old.ID), Content: "b's", At: videoNow}},
			videosms.Tally{Applied: 1, Duplicate: 1}},
	} {
		if got, err := s.AddVideoUplinks(ctx, c.us, videoNow); err != nil || got != c.want {
			return fmt.Errorf("call %d: %+v, %v; want %+v", i, got, err, c.want)
		}
	}
	got, err := s.Claim(ctx, "a", callback.VideoUplink, "n", videoNow.Add(callback.Linger), time.Minute, 10)
	if err != nil || len(got.Pushes) != 1 || len(got.Pushes[0].Items) != 2 || got.Endpoint != e {
		return fmt.Errorf("pushes %+v, %v; want one of two answers", got, err)
	}
	var answers []callback.VideoAnswer
	for _, it := range got.Pushes[0].Items {
		var d struct {
			ID int64 `json:"id"`
		}
		if err := json.Unmarshal(it.Data, &d); err != nil {
			return err
		}
		a, err := s.VideoAnswer(ctx, "a", d.ID)
		if err != nil {
			return err
		}
		if _, err := s.VideoAnswer(ctx, "b", d.ID); err == nil {
			return errors.New("another tenant reads the answer")
		}
		answers = append(answers, a)
	}
	slices.SortFunc(answers, func(x, y callback.VideoAnswer) int { return strings.Compare(x.Mobile, y.Mobile) })
	want := []callback.VideoAnswer{{TaskID: t.UUID, Mobile: "13100000001", Content: "R", RTime: "2026-01-02 00:00:00"},
		{TaskID: t.UUID, Mobile: "13100000002", Content: "Hello everyone", RTime: "2026-01-02 00:00:00"}}
	if !slices.Equal(answers, want) {
		return fmt.Errorf("answers %+v, want %+v", answers, want)
	}
	return nil
}

func videoOptOuts(ctx context.Context, s VideoStores) error {
	t, err := videoTask(ctx, s, "a", 3, nil)
	if err != nil {
		return err
	}
	if _, err := submitVideo(ctx, s, takenVideo); err != nil {
		return err
	}
	for range 2 { // the second time changes nothing
		if _, err := s.AddVideoUplinks(ctx, []videosms.Uplink{
			{Ref: "1", ID: dispatch.MsgID(t.UUID, t.ID), Content: " td。", At: videoNow}, {Ref: "2", ID: dispatch.MsgID(t.UUID, t.ID+1), Content: "nice", At: videoNow},
		}, videoNow); err != nil {
			return err
		}
		list, n, err := s.Blacklist(ctx, "a", dispatch.BlacklistFilter{Page: dispatch.Page{Limit: 10}})
		if err != nil || n != 1 || list[0].Phone != "+8613100000001" || list[0].Source != dispatch.BlockedByReply {
			return fmt.Errorf("blacklist %+v, %v", list, err)
		}
	}
	if _, err := videoTask(ctx, s, "a", 3, nil); err != nil {
		return err
	}
	if _, err := videoTask(ctx, s, "b", 1, nil); err != nil {
		return err
	}
	ws, err := videoClaim(ctx, s, "n", 10)
	if err != nil {
		return err
	}
	var blocked []string
	for _, w := range ws {
		if w.Blocked {
			blocked = append(blocked, w.Tenant+w.Phone)
		}
	}
	if want := []string{"a+8613100000001"}; len(ws) != 4 || !slices.Equal(blocked, want) {
		return fmt.Errorf("blocked %v of %d, want %v of 4", blocked, len(ws), want)
	}
	// An answer that is told again does not undo what an operator did since.
	if n, err := s.RemoveFromBlacklist(ctx, "a", []string{"+8613100000001"}); err != nil || n != 1 {
		return fmt.Errorf("removed %d, %v", n, err)
	}
	if _, err := s.AddVideoUplinks(ctx, []videosms.Uplink{{Ref: "1", ID: dispatch.MsgID(t.UUID, t.ID), Content: "TD", At: videoNow}}, videoNow); err != nil {
		return err
	}
	if _, n, err := s.Blacklist(ctx, "a", dispatch.BlacklistFilter{Page: dispatch.Page{Limit: 10}}); err != nil || n != 0 {
		return fmt.Errorf("%d on the blacklist after it was taken off, %v", n, err)
	}
	return nil
}
