// Package api is the marketer's face: the KooMessage v1 operations, the IAM endpoints the SDKs need, and our extensions under /x/v1. A request goes through
// one pipeline: identify → route → authorise → limit → decode → one domain call → encode. Handlers parse, call one room and write; rules live
// in the rooms. Tenants come from the credential alone.
package api
