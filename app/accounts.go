package app

import (
	"path/filepath"

	"cardlink/serviceaccount"
	"cardlink/templates"
)

// openAccounts opens the room of service accounts. Its pictures lie in a folder of their own; nodes of one installation need to see the same one.
func (a *App) openAccounts() error {
	blobs, err := templates.NewFolder(filepath.Join(a.o.Data, "accounts"))
	if err != nil {
		return err
	}
	a.accountBlobs = blobs
	a.accounts, err = serviceaccount.NewService(serviceaccount.Options{
		Store: a.db, Blobs: blobs, ManualReview: a.o.ManualReview, Origin: a.o.EdgeOrigin, MediaKey: a.keys.media, Now: a.o.Now, Log: a.log("serviceaccount"),
	})
	return err
}
