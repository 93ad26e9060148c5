package app

import (
	"context"

	"cardlink/capability"
)

// openCapability sets up the check of handsets. Its rule file is read now, so that a server with a wrong one does not start, and again whenever it changes.
func (a *App) openCapability(ctx context.Context) (err error) {
	var provider capability.Provider = capability.Everyone{}
	if a.o.CapabilityFile != "" {
		f, err := capability.OpenFile(ctx, capability.FileOptions{Path: a.o.CapabilityFile, Log: a.log("capability"), Metrics: a.metrics})
		if err != nil {
			return err
		}
		a.life.run("capability rules", f.Run)
		provider = f
	}
	a.capability, err = capability.NewService(a.templates, provider)
	return err
}
