package contract

import (
	"context"
	"encoding/json"
	"fmt"
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
