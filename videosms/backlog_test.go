package videosms_test

import (
	"fmt"
	"testing"

	"cardlink/dispatch"
	"cardlink/fault"
	"cardlink/videosms"
)

// A task that does not fit among the messages that may wait is refused whole.
func TestTasksAtTheBound(t *testing.T) {
	h := newHouse(t, func(o *videosms.Options) {
		b, err := dispatch.NewBacklog(dispatch.BacklogOptions{Store: o.Store.(dispatch.WaitingCounter), Most: 3})
		must(t, err)
		o.Backlog = b
	})
	tpl := h.template()
	send := func(n int) error {
		_, err := h.room.CreateTask(ctx, tenant, "api", videosms.SendRequest{Name: "go", TplID: fmt.Sprint(tpl.ID), Mobiles: phones(n), Params: []videosms.Param{value("p_1", "Ann")}})
		return err
	}
	must(t, send(2))
	if err := send(2); !fault.Has(err, fault.Throttled) {
		t.Errorf("beyond the bound: %v", err)
	}
	if _, n, err := h.db.VideoTasks(ctx, tenant, videosms.TaskFilter{Page: videosms.Page{Limit: 1}}); err != nil || n != 1 {
		t.Errorf("%d tasks are kept, %v", n, err)
	}
	must(t, send(1))
}
