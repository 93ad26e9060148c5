package api

import "cardlink/serviceaccount"

// accountHandlers serve service accounts (api.md §17).
type accountHandlers struct{ room *serviceaccount.Service }

func (h accountHandlers) routes() []route { return nil }
