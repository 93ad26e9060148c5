package serviceaccount

// PortStore keeps ports and their bindings to accounts.
type PortStore interface{}
