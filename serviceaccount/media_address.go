package serviceaccount

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"cardlink/fault"
)

// letterLife is how long a signed address leads to its picture.
const letterLife = time.Hour

// MediaPath is where the edge serves a picture, without origin and leading slash: the resource_url of api.md §17.1.
func MediaPath(id string) string { return "media/" + id }

// MediaURL is the address of a public picture; "" for no picture.
func (s *Service) MediaURL(id string) string {
	if id == "" {
		return ""
	}
	if s.o.Origin == "" {
		return MediaPath(id)
	}
	return s.o.Origin + "/" + MediaPath(id)
}

// LetterURL is the address of a picture that is private, or may be; it works for an hour.
func (s *Service) LetterURL(id string) string {
	expires := strconv.FormatInt(s.o.Now().Add(letterLife).Unix(), 10)
	return s.MediaURL(id) + "?expires=" + expires + "&sign=" + s.mediaSign(id, expires)
}

func (s *Service) mediaSign(id, expires string) string {
	mac := hmac.New(sha256.New, s.o.MediaKey)
	mac.Write([]byte("media\x00" + id + "\x00" + expires))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// admits reports whether expires and sign are of an address that was given out and still works.
func (s *Service) admits(id, expires, sign string) bool {
	until, err := strconv.ParseInt(expires, 10, 64)
	return err == nil && len(s.o.MediaKey) > 0 && hmac.Equal([]byte(sign), []byte(s.mediaSign(id, expires))) && s.o.Now().Unix() < until
}

// picture is a picture that a content names.
type picture struct {
	field string // that names it
	id    string
	kind  string // the file_type it must have been uploaded as
}

// checkPictures refuses pictures that the tenant did not upload, or not for this purpose.
func (s *Service) checkPictures(ctx context.Context, tenant string, list []picture) error {
	ids := make([]string, len(list))
	for i, p := range list {
		ids[i] = p.id
	}
	found, err := s.o.Store.MediaOf(ctx, tenant, ids)
	if err != nil {
		return err
	}
	for _, p := range list {
		switch m, ok := found[p.id]; {
		case !ok:
			return fault.NotFound(p.field)
		case m.FileType != p.kind:
			return fault.Said(p.field, "must be a picture uploaded as "+p.kind, "须为以"+p.kind+"上传的图片")
		}
	}
	return nil
}
