package cmpp

import (
	"encoding/binary"
	"fmt"
)

// AppendActiveTest appends a heartbeat.
func AppendActiveTest(dst []byte, seq uint32) []byte { return appendBare(dst, CmdActiveTest, seq) }

// AppendActiveTestResp appends the answer to a heartbeat, with its one reserved byte. Readers accept it without (carriers.md §4.7).
func AppendActiveTestResp(dst []byte, seq uint32) []byte {
	start := len(dst)
	return finish(append(begin(dst, CmdActiveTest|Response, seq), 0), start)
}

// AppendTerminate appends a farewell.
func AppendTerminate(dst []byte, seq uint32) []byte { return appendBare(dst, CmdTerminate, seq) }

// AppendTerminateResp appends the answer to a farewell.
func AppendTerminateResp(dst []byte, seq uint32) []byte {
	return appendBare(dst, CmdTerminate|Response, seq)
}

func appendBare(dst []byte, cmd Command, seq uint32) []byte {
	start := len(dst)
	return finish(begin(dst, cmd, seq), start)
}

// AppendCancel appends a CANCEL of a message that is still at the gateway.
func AppendCancel(dst []byte, seq uint32, id MsgID) []byte {
	start := len(dst)
	return finish(binary.BigEndian.AppendUint64(begin(dst, CmdCancel, seq), uint64(id)), start)
}

// ParseCancel reads the body of a CANCEL.
func ParseCancel(body []byte) (MsgID, error) {
	if len(body) != 8 {
		return 0, fmt.Errorf("%w: CANCEL of %d bytes", ErrBody, len(body))
	}
	return MsgID(binary.BigEndian.Uint64(body)), nil
}

// AppendCancelResp appends a CANCEL_RESP: 0 done, 1 failed.
func AppendCancelResp(dst []byte, v Version, seq, success uint32) []byte {
	start := len(dst)
	return finish(v.layout().appendResult(begin(dst, CmdCancel|Response, seq), success), start)
}

// ParseCancelResp reads the body of a CANCEL_RESP by its length.
func ParseCancelResp(body []byte) (success uint32, err error) {
	if len(body) != 1 && len(body) != 4 {
		return 0, fmt.Errorf("%w: CANCEL_RESP of %d bytes", ErrBody, len(body))
	}
	return readResult(body), nil
}
