/*
 * test/fuzz/replay/main.c
 *		Runs a target once over each file that is named: needs no libFuzzer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
main(int argc, char **argv)
{
	LLVMFuzzerTestOneInput(NULL, 0);
	for (int i = 1; i < argc; i++)
	{
		FILE *file = fopen(argv[i], "rb");
		uint8_t *data = malloc(1 << 20);
		size_t size;

		if (file == NULL || data == NULL)
		{
			perror(argv[i]);
			return 2;
		}
		/* what ends the program was the last that is named */
		fprintf(stderr, "%s\n", argv[i]);
		size = fread(data, 1, 1 << 20, file);
		fclose(file);
		LLVMFuzzerTestOneInput(data, size);
		free(data);
	}
	return 0;
}
