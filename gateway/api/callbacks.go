package api

import (
	"context"
	"errors"

	"cardlink/callback"
)

type callbackHandlers struct{ room *callback.Service }

func (h callbackHandlers) add(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h callbackHandlers) list(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}
