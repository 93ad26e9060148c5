package contract

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cardlink/serviceaccount"
)

func newMedia(tenant, word, kind string, size int64) serviceaccount.Media {
	return serviceaccount.Media{
		ID: accountID(word), Tenant: tenant, FileType: kind, FileName: "图.png", ContentType: "image/png", Size: size, Width: 240, Height: 241, Digest: strings.Repeat("d", 64),
		CreatedAt: accountsAt,
	}
}

func accountMedia(ctx context.Context, s serviceaccount.PubStore) error {
	logo, letter := newMedia("a", "medialogo", serviceaccount.FilePubLogo, 10), newMedia("a", "mediadoc", serviceaccount.FileOther, 5)
	content := []byte("\x89PNG\x00")
	if err := errors.Join(s.AddMedia(ctx, logo, []byte("public"), 1<<20), s.AddMedia(ctx, letter, content, 1<<20)); err != nil {
		return err
	}
	for _, want := range []serviceaccount.Media{logo, letter} {
		got, err := s.Media(ctx, want.ID)
		if err == nil {
			err = same("a picture", got, want)
		}
		if err != nil {
			return err
		}
	}
	got, err := s.MediaContent(ctx, letter)
	if err == nil {
		err = same("the content of a letter", got, content)
	}
	if err != nil {
		return err
	}
	if _, err := s.Media(ctx, accountID("nobody")); !errors.Is(err, serviceaccount.ErrUnknown) {
		return fmt.Errorf("a picture that is not there: %v, want ErrUnknown", err)
	}
	found, err := s.MediaOf(ctx, "a", []string{logo.ID, accountID("nobody"), letter.ID})
	if err == nil {
		err = same("pictures", found, map[string]serviceaccount.Media{logo.ID: logo, letter.ID: letter})
	}
	if err != nil {
		return err
	}
	if found, err := s.MediaOf(ctx, "b", []string{logo.ID}); err != nil || len(found) != 0 {
		return fmt.Errorf("another tenant finds %+v, %v", found, err)
	}
	return nil
}

func accountMediaQuota(ctx context.Context, s serviceaccount.PubStore) error {
	if err := s.AddMedia(ctx, newMedia("b", "quota1", serviceaccount.FilePubLogo, 60), nil, 100); err != nil {
		return err
	}
	if err := s.AddMedia(ctx, newMedia("b", "quota2", serviceaccount.FilePubLogo, 41), nil, 100); !errors.Is(err, serviceaccount.ErrQuota) {
		return fmt.Errorf("one too many: %v, want ErrQuota", err)
	}
	return s.AddMedia(ctx, newMedia("b", "quota3", serviceaccount.FilePubLogo, 40), nil, 100)
}
