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
	"cardlink/videosms"
)

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
