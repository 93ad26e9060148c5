package api

import (
	"context"
	"errors"

	"cardlink/dispatch"
)

type sendHandlers struct{ room *dispatch.Service }

func (h sendHandlers) create(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h sendHandlers) list(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h sendHandlers) details(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h sendHandlers) createApp(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h sendHandlers) listApps(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h sendHandlers) uploadFile(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h sendHandlers) addSignature(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h sendHandlers) listSignatures(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h sendHandlers) createSMSTemplate(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}

func (h sendHandlers) listSMSTemplates(ctx context.Context, r *Request) (any, error) {
	return nil, errors.New("to be written")
}
