package api

import (
	"context"
	"errors"

	"cardlink/billing"
)

type usageHandlers struct{ room *billing.Service }

func (h usageHandlers) show(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}
