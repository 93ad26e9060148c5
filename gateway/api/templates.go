package api

import (
	"context"
	"errors"

	"cardlink/templates"
)

type templateHandlers struct{ room *templates.Service }

func (h templateHandlers) create(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h templateHandlers) list(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h templateHandlers) setState(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h templateHandlers) delete(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}
