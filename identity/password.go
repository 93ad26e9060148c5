package identity

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
)

// passwordRounds is the cost of a password hash: PBKDF2 with HMAC-SHA-256, at the number of rounds that OWASP asks for. It is part of
// each hash, so raising it leaves older hashes valid.
const passwordRounds = 600_000

// maxRounds bounds the work a stored hash can ask for.
const maxRounds = 10_000_000

const passwordScheme = "pbkdf2-sha256"

// hashPassword makes "pbkdf2-sha256$rounds$salt$hash".
func hashPassword(password string, rounds int) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	h, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return "", err
	}
	enc := base64.RawStdEncoding.EncodeToString
	return strings.Join([]string{passwordScheme, strconv.Itoa(rounds), enc(salt), enc(h)}, "$"), nil
}

// checkPassword compares in constant time. The error says that the stored hash is not one of ours.
func checkPassword(password, stored string) (bool, error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 4 || parts[0] != passwordScheme {
		return false, errors.New("identity: a stored password hash is of an unknown form")
	}
	rounds, err1 := strconv.Atoi(parts[1])
	salt, err2 := base64.RawStdEncoding.DecodeString(parts[2])
	want, err3 := base64.RawStdEncoding.DecodeString(parts[3])
	if err := errors.Join(err1, err2, err3); err != nil || rounds < 1 || rounds > maxRounds || len(want) != sha256.Size {
		return false, errors.New("identity: a stored password hash is damaged")
	}
	got, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
