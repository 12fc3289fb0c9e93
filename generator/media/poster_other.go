//go:build !unix

package media

import "os/exec"

// killGroup leaves the command as it is: its own end is all that can be had here.
func killGroup(*exec.Cmd) {}
