package fault

import "strconv"

// Refusals of the front, whose status is not their code's usual one: api.md §19.4 has one code for an unknown path and for an unknown method, and one
// for a large body and for a time-out, and none for what its list of statuses names beside.

// MethodNotAllowed: the path is known, the method is not one of allow ("GET, POST"). 405.
func MethodNotAllowed(method, allow string) *Error {
	return front(405, NoRoute, "", "the API does not know "+method+" here; it knows "+allow, "该API不支持"+method+"，支持"+allow)
}

// MediaType: the body's Content-Type is not want. 415.
func MediaType(want string) *Error {
	return front(415, Parameter, "Content-Type", "must be "+want, "须为"+want)
}

// TimedOut: the call ran out of time and it is not known how far it came. 504.
func TimedOut() *Error {
	return front(504, BodyTooLarge, "", "the call ran out of time; it may have had its effect", "调用超时，操作可能已生效")
}

// Busy: this server has as many calls as it takes. 503.
func Busy() *Error {
	return front(503, Throttled, "", "the server is busy; try again shortly", "服务繁忙，请稍后重试")
}

// ReadTimedOut: the request did not come in time. 408.
func ReadTimedOut() *Error {
	return front(408, Parameter, "", "the request did not come in time", "未能及时收到完整请求")
}

// HeadersTooLarge: request line and headers are longer than most bytes. 431.
func HeadersTooLarge(most int) *Error {
	n := strconv.Itoa(most)
	return front(431, Parameter, "", "the request line and headers are at most "+n+" bytes", "请求行与请求头最多"+n+"字节")
}

// Unreadable: what came is not HTTP as it should be. 400.
func Unreadable() *Error {
	return front(400, Parameter, "", "the request could not be read as HTTP", "无法按HTTP解析请求")
}

// idempotencyKey is the header that D-41 adds.
const idempotencyKey = "Idempotency-Key"

// KeyReused: the idempotency key belongs to a request that was not this one. 422.
func KeyReused() *Error {
	return front(422, Parameter, idempotencyKey, "was used with another request", "已用于另一个请求")
}

// KeyRunning: the request under this idempotency key has no answer yet. 409.
func KeyRunning() *Error {
	return front(409, Parameter, idempotencyKey, "belongs to a request that is still running", "对应的请求仍在处理中")
}

// KeyForm: the idempotency key is not 1-most characters of printable ASCII. 400.
func KeyForm(most int) *Error {
	n := strconv.Itoa(most)
	return front(400, Parameter, idempotencyKey, "must be sent once, as 1-"+n+" printable ASCII characters", "须为1-"+n+"个可打印ASCII字符，且只能出现一次")
}

func front(status int, c Code, field, en, zh string) *Error {
	return &Error{Code: c, Field: field, Rule: en, rule: zh, status: status}
}
