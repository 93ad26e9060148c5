package bench

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// parallel runs fn(0…n-1) on a bounded number of workers and returns the first error, after which no further call starts.
func parallel(ctx context.Context, n, workers int, fn func(context.Context, int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for i := range n {
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error { return fn(ctx, i) })
	}
	return g.Wait()
}
