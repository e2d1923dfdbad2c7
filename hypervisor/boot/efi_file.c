/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files on the partition that the application was started from.
 *
 * Duty: names relative to the application's own folder, whole files into pages, and errors that
 * name the file. Data: the volume's root and the folder, found once.
 */
#include <string.h>

#include "boot/efi.h"

#define PATH_MAX_16 512
#define READ_STEP   (8ULL << 20)

static EFI_FILE_HANDLE root;
static CHAR16 folder[PATH_MAX_16];

static void append(CHAR16 *path, CHAR16 c)
{
	size_t n = 0;

	while (path[n])
		n++;
	if (n + 1 >= PATH_MAX_16)
		boot_fail("the path of a file is longer than %u characters", PATH_MAX_16 - 1);
	path[n] = c;
	path[n + 1] = 0;
}

/* The application's own path, out of its device path. */
static void collect_path(EFI_DEVICE_PATH *dp)
{
	while (dp && !(dp->Type == END_DEVICE_PATH_TYPE)) {
		unsigned int length = dp->Length[0] | (unsigned int)dp->Length[1] << 8;
		const FILEPATH_DEVICE_PATH *file = (const void *)dp;

		if (length < sizeof(*dp))
			return;
		if (dp->Type == MEDIA_DEVICE_PATH && dp->SubType == MEDIA_FILEPATH_DP) {
			if (folder[0])
				append(folder, '\\');
			for (unsigned int i = 0; i < (length - sizeof(*dp)) / 2; i++)
				if (file->PathName[i])
					append(folder, file->PathName[i]);
		}
		dp = (void *)((char *)dp + length);
	}
}

static void cut_file_name(void)
{
	size_t n = 0;

	while (folder[n])
		n++;
	while (n && folder[n - 1] != '\\')
		n--;
	folder[n] = 0; /* ends with \ or is empty: the root */
}

void efi_files_init(void)
{
	EFI_GUID image_protocol = EFI_LOADED_IMAGE_PROTOCOL_GUID;
	EFI_GUID volume_protocol = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
	EFI_LOADED_IMAGE *image;
	EFI_FILE_IO_INTERFACE *volume;

	if (EFI_ERROR(efi_boot->HandleProtocol(efi_image, &image_protocol, (void **)&image)))
		boot_fail("the firmware does not say where this program was loaded from");
	if (EFI_ERROR(efi_boot->HandleProtocol(image->DeviceHandle, &volume_protocol,
					       (void **)&volume)) ||
	    EFI_ERROR(volume->OpenVolume(volume, &root)))
		boot_fail("the file system that this program was loaded from cannot be read");
	collect_path(image->FilePath);
	cut_file_name();
}

static void full_path(const char *name, CHAR16 *path)
{
	path[0] = 0;
	if (name[0] != '\\' && name[0] != '/')
		memcpy(path, folder, sizeof(folder));
	for (; *name; name++)
		append(path, *name == '/' ? '\\' : (CHAR16)(unsigned char)*name);
}

static const char *reason(EFI_STATUS status)
{
	switch (status) {
	case EFI_NOT_FOUND:
		return "no such file";
	case EFI_NO_MEDIA:
	case EFI_MEDIA_CHANGED:
		return "the medium was removed";
	case EFI_DEVICE_ERROR:
		return "the device reported an error";
	case EFI_VOLUME_CORRUPTED:
		return "the file system is damaged";
	case EFI_ACCESS_DENIED:
		return "access denied";
	default:
		return "the firmware could not read it";
	}
}

static _Noreturn void fail(const char *what, const char *name, EFI_STATUS status)
{
	char path[PATH_MAX_16];
	CHAR16 wide[PATH_MAX_16];
	size_t n = 0;

	full_path(name, wide);
	for (; wide[n]; n++)
		path[n] = (char)wide[n];
	path[n] = 0;
	boot_fail("%s %s: %s (status 0x%lx)", what, path, reason(status), (unsigned long)status);
}

static uint64_t size_of(EFI_FILE_HANDLE file, const char *name, const char *what)
{
	static uint64_t buffer[(sizeof(EFI_FILE_INFO) + 2 * PATH_MAX_16) / 8 + 1];
	EFI_FILE_INFO *info = (void *)buffer;
	EFI_GUID info_guid = EFI_FILE_INFO_ID;
	UINTN size = sizeof(buffer);
	EFI_STATUS status = file->GetInfo(file, &info_guid, &size, info);

	if (EFI_ERROR(status))
		fail(what, name, status);
	if (info->Attribute & EFI_FILE_DIRECTORY)
		boot_fail("%s %s: this is a folder", what, name);
	if (!info->FileSize)
		boot_fail("%s %s: the file is empty", what, name);
	return info->FileSize;
}

struct efi_file efi_file_read(const char *name, const char *what)
{
	CHAR16 path[PATH_MAX_16];
	EFI_FILE_HANDLE file;
	struct efi_file result;
	EFI_STATUS status;

	full_path(name, path);
	status = root->Open(root, &file, path, EFI_FILE_MODE_READ, 0);
	if (EFI_ERROR(status))
		fail(what, name, status);
	result.size = size_of(file, name, what);
	result.data = boot_pages_alloc(result.size + 1, 4096);
	for (uint64_t done = 0; done < result.size;) {
		UINTN step = result.size - done < READ_STEP ? result.size - done : READ_STEP;

		status = file->Read(file, &step, (char *)result.data + done);
		if (EFI_ERROR(status) || !step)
			fail(what, name, EFI_ERROR(status) ? status : EFI_DEVICE_ERROR);
		done += step;
	}
	((char *)result.data)[result.size] = 0;
	file->Close(file);
	return result;
}

void efi_file_free(struct efi_file file)
{
	boot_pages_free(file.data, file.size + 1);
}
