package api

import (
	"context"
	"errors"

	"cardlink/identity"
)

type identityHandlers struct{ room *identity.Service }

func (h identityHandlers) createToken(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h identityHandlers) listProjects(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}
