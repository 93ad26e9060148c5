package contract

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"cardlink/dispatch"
	"cardlink/videosms"
)

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
