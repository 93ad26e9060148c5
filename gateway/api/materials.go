package api

import (
	"context"
	"errors"

	"cardlink/templates"
)

type materialHandlers struct{ room *templates.Materials }

func (h materialHandlers) upload(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h materialHandlers) list(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h materialHandlers) delete(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}
