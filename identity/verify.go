package identity

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"cardlink/fault"
)

// clockSkew is how far X-Sdk-Date may be from our clock, either way.
const clockSkew = 15 * time.Minute

// noSecret keys the signature that is computed when there is no account, so that an unknown key costs what a wrong signature costs.
const noSecret = "0000000000000000000000000000000000000000"

// verify checks a signed request (api.md §2.1). Steps, in order: what can be refused without a secret is; the signature is computed and compared
// in constant time, for unknown keys too; a genuine request that changes something is remembered durably and refused the second time.
// The account is returned with errors as well, as far as it is known, for the audit log.
func (s *Service) verify(ctx context.Context, c Credential) (Account, error) {
	auth, err := parseAuthorization(c.header("Authorization"))
	if err != nil {
		return Account{}, refuse(err.Error())
	}
	date, made, err := s.signingDate(c, auth)
	if err != nil {
		return Account{}, err
	}
	hash, err := bodyHash(c, auth)
	if err != nil {
		return Account{}, err
	}
	text, err := canonical(c, auth.headers, hash)
	if err != nil {
		return Account{}, refuse(err.Error())
	}
	a, found, err := s.account(ctx, "key:"+auth.access, func(ctx context.Context) (Account, error) {
		return s.store.AccountByKey(ctx, auth.access)
	})
	if err != nil {
		return Account{}, err
	}
	secret := noSecret
	if found {
		secret = a.Key.Secret
	}
	if genuine := hmac.Equal(signature(secret, date, text), auth.mac[:]); !genuine || !found {
		return a, refuse("verify aksk signature fail")
	}
	if !a.active() {
		return a, refuse("the access key, its user or its tenant is disabled")
	}
	if c.Safe {
		return a, nil
	}
	return a, s.replays.check(ctx, s, made, once(auth.mac, hash, c.Body))
}

// once is what may come only once. It is the signature; where that does not cover the body, it is both: an SDK that uploads two files within one second
// signs the same bytes twice, and the files tell them apart. Who captured such a request could send another file with it until its date is too
// old; that is what the caller chose by not signing the body, and TLS is what guards it.
func once(mac [32]byte, hash string, body []byte) [32]byte {
	if hash != unsigned {
		return mac
	}
	sum := sha256.Sum256(body)
	return sha256.Sum256(append(mac[:], sum[:]...))
}

func (s *Service) signingDate(c Credential, auth authorization) (text string, made time.Time, err error) {
	dates := c.Header("X-Sdk-Date")
	if len(dates) != 1 || !auth.signs("X-Sdk-Date") {
		return "", made, refuse("one X-Sdk-Date header must be sent and signed")
	}
	text = strings.TrimSpace(dates[0])
	if made, err = time.Parse(dateForm, text); err != nil {
		return "", made, refuse("X-Sdk-Date must look like 20060102T150405Z")
	}
	if off := s.now().Sub(made); off > clockSkew || off < -clockSkew {
		return "", made, refuse("X-Sdk-Date is more than 15 minutes from this server's clock")
	}
	return text, made, nil
}

// bodyHash is the sixth part of the canonical request. A hash that the caller sends must be the body's; an unsigned body is accepted for
// multipart uploads only, and only if the header that says so is signed, or else anybody could add that header to a captured request.
func bodyHash(c Credential, auth authorization) (string, error) {
	claims := c.Header("X-Sdk-Content-Sha256")
	if len(claims) > 1 {
		return "", refuse("X-Sdk-Content-Sha256 must be sent once")
	}
	if len(claims) == 1 && claims[0] == unsigned {
		mime, _, _ := strings.Cut(c.header("Content-Type"), ";")
		if !strings.EqualFold(strings.TrimSpace(mime), "multipart/form-data") || !auth.signs("X-Sdk-Content-Sha256") {
			return "", refuse(unsigned + " is for multipart requests that sign the X-Sdk-Content-Sha256 header")
		}
		return unsigned, nil
	}
	sum := sha256.Sum256(c.Body)
	hash := hex.EncodeToString(sum[:])
	if len(claims) == 1 && claims[0] != hash {
		return "", refuse("X-Sdk-Content-Sha256 is not the hash of the body")
	}
	return hash, nil
}

// redeem checks a token.
func (s *Service) redeem(ctx context.Context, text string) (Account, error) {
	t, err := openToken(s.vault.tokens, text)
	if err != nil {
		return Account{}, refuse(err.Error())
	}
	a, found, err := s.account(ctx, "user:"+t.user, func(ctx context.Context) (Account, error) { return s.store.AccountByUser(ctx, t.user) })
	switch {
	case err != nil:
		return Account{}, err
	case !found:
		return Account{}, refuse("the token's user is gone")
	case !s.now().Before(t.expires):
		return a, &refusal{expired, fault.New(fault.TokenExpired, "")}
	case !a.active():
		return a, refuse("the token's user or tenant is disabled")
	case t.issued.Before(a.User.TokensFrom):
		return a, refuse("the token was revoked")
	}
	return a, nil
}
