package api

import (
	"context"
	"errors"

	"cardlink/shortlink"
)

type linkHandlers struct{ room *shortlink.Service }

func (h linkHandlers) create(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h linkHandlers) list(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h linkHandlers) details(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}
