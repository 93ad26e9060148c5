package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"cardlink/callback"
	"cardlink/dispatch"
	"cardlink/event"
	"cardlink/videosms"
)

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
