package dispatch_test

import (
	"context"
	"testing"
	"time"

	"cardlink/dispatch"
)

// BenchmarkPipeline is queue → intent → carrier → result → receipt on SQLite with full durability; the carrier answers within a millisecond.
// One op is one message.
func BenchmarkPipeline(b *testing.B) {
	w, err := newWorld(b.TempDir(), 1, 0)
	if err != nil {
		b.Fatal(err)
	}
	w.carrier.window, w.carrier.latency, w.carrier.prompt = 256, time.Millisecond, true
	if _, err := queueMessages(w.db, b.N, func(int) dispatch.Class { return dispatch.Notify }, "【示例商城】您的订单已发货 s.example.com/AbCdEfGh 查看"); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	err = w.work(w.db, 100_000, func() {
		for w.carrier.acknowledged.Load() < int64(b.N) {
			time.Sleep(5 * time.Millisecond)
		}
	})
	b.StopTimer()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	if books, err := w.db.Books(context.Background(), ""); err != nil || books.Succeeded != int64(b.N) {
		b.Errorf("%+v, %v", books, err)
	}
	if err := w.close(); err != nil {
		b.Fatal(err)
	}
}
