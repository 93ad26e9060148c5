package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os/exec"
	"strconv"
	"sync/atomic"
	"time"

	"cardlink/identity"
)

// client speaks to the product's API as a customer's program does: over the network, signed.
type client struct {
	api            string
	access, secret string
	http           *http.Client
	nonce          atomic.Uint64
}

func newClient(api, access, secret string) *client {
	return &client{api: api, access: access, secret: secret, http: &http.Client{
		Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64},
	}}
}

// call sends body as JSON (nil = none) and decodes the answer into out. An answer other than 200 is an error with its text.
func (c *client) call(ctx context.Context, method, target string, body, out any) error {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return err
		}
	}
	u, err := url.Parse(c.api + target)
	if err != nil {
		return err
	}
	nonce := strconv.FormatUint(c.nonce.Add(1), 10) // equal requests of one second are told apart by it
	date, auth, err := identity.Sign(identity.Signing{
		Access: c.access, Secret: c.secret, At: time.Now(), Method: method, Path: u.EscapedPath(), Query: u.RawQuery, Body: payload,
		Headers: [][2]string{{"X-Nonce", nonce}},
	})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(payload))
	if err != nil {
		return err
	}
	for k, v := range map[string]string{"Content-Type": "application/json", "X-Nonce": nonce, "X-Sdk-Date": date, "Authorization": auth} {
		req.Header.Set(k, v)
	}
	r, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	b, err := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	if err != nil {
		return err
	}
	if r.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %d %s", method, target, r.StatusCode, b)
	}
	return json.Unmarshal(b, out)
}

// uploadLicence uploads a small picture as a business licence and returns its file id.
func (c *client) uploadLicence(ctx context.Context) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "licence.png")
	if err != nil {
		return "", err
	}
	if err := errors.Join(png.Encode(part, image.NewGray(image.Rect(0, 0, 60, 40))), form.Close()); err != nil {
		return "", err
	}
	const path = "/v1/sms/signatures/files"
	unsigned := [2]string{"X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD"}
	date, auth, err := identity.Sign(identity.Signing{
		Access: c.access, Secret: c.secret, At: time.Now(), Method: http.MethodPost, Path: path, Headers: [][2]string{unsigned},
	})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.api+path, &body)
	if err != nil {
		return "", err
	}
	for k, v := range map[string]string{"Content-Type": form.FormDataContentType(), unsigned[0]: unsigned[1], "X-Sdk-Date": date, "Authorization": auth} {
		req.Header.Set(k, v)
	}
	r, err := c.http.Do(req)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	var out struct {
		ID string `json:"file_id"`
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || r.StatusCode != http.StatusOK {
		return "", fmt.Errorf("upload a licence: %d %s (%v)", r.StatusCode, b, err)
	}
	err = json.Unmarshal(b, &out)
	return out.ID, err
}

// createTenant runs `tenant create` on a data folder.
func createTenant(ctx context.Context, program, data string) (access, secret string, err error) {
	out, err := exec.CommandContext(ctx, program, "tenant", "create", "bench", "--json", "--data", data).Output()
	if err != nil {
		return "", "", fmt.Errorf("tenant create: %w", err)
	}
	var a struct {
		Access string `json:"access_key"`
		Secret string `json:"secret_key"`
	}
	err = json.Unmarshal(out, &a)
	return a.Access, a.Secret, err
}

// publicTemplate finds a card of the built-in gallery, with or without dynamic parameters.
func (c *client) publicTemplate(ctx context.Context, params bool) (id string, names []string, err error) {
	var list struct {
		Templates []struct {
			ID     string `json:"tpl_id"`
			CardID string `json:"card_id"`
			Params []struct {
				Name string `json:"name"`
			} `json:"params"`
		} `json:"templates"`
	}
	if err := c.call(ctx, http.MethodGet, "/v1/aim/templates?tpl_type=public&limit=100&has_param="+strconv.FormatBool(params), nil, &list); err != nil {
		return "", nil, err
	}
	for _, t := range list.Templates {
		if t.CardID == "StandardImageAndText" || id == "" {
			id, names = t.ID, nil
			for _, p := range t.Params {
				names = append(names, p.Name)
			}
		}
	}
	if id == "" {
		return "", nil, fmt.Errorf("the gallery has no card with params=%v", params)
	}
	return id, names, nil
}

// createLinks makes n individual links (100 a call) or one group link a call with the given limit, and returns their codes.
func (c *client) createLinks(ctx context.Context, tpl string, n int, group bool, times int64, customURL string, workers int, progress func(int)) ([]string, error) {
	perCall := 100
	if group {
		perCall = 1
	}
	calls := (n + perCall - 1) / perCall
	codes := make([][]string, calls)
	err := parallel(ctx, calls, workers, func(ctx context.Context, i int) error {
		params := make([]map[string]any, min(perCall, n-i*perCall))
		for j := range params {
			params[j] = map[string]any{"cust_flag": "bench-" + strconv.Itoa(i*perCall+j)}
			if customURL != "" {
				params[j]["custom_url"] = customURL
			}
		}
		body := map[string]any{"tpl_id": tpl, "sms_signs": []string{"示例商城"}, "resolving_times": times, "aim_code_type": "individual", "expiration_time": 7, "params": params}
		if group {
			body["aim_code_type"] = "group"
		}
		var out struct {
			Params []struct {
				Code   string `json:"aim_code"`
				Result string `json:"result_code"`
			} `json:"params"`
		}
		if err := c.call(ctx, http.MethodPost, "/v1/aim/resolve-tasks", body, &out); err != nil {
			return err
		}
		for _, p := range out.Params {
			if p.Result != "0" {
				return fmt.Errorf("a link was refused: %s", p.Result)
			}
			codes[i] = append(codes[i], p.Code)
		}
		progress(len(params))
		return nil
	})
	all := make([]string, 0, n)
	for _, c := range codes {
		all = append(all, c...)
	}
	return all, err
}
