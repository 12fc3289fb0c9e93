//go:build unix

package storage

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// inode numbers a file, so that one replaced by another of the same size and time is seen.
func inode(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return stat.Ino
	}
	return 0
}

func notDirectory(err error) bool { return errors.Is(err, syscall.ENOTDIR) }

func syncDir(f *os.File) error { return f.Sync() }
