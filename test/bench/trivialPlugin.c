/* A CNI plugin that does nothing but answer: what is left is the cost of starting it. */
#include <string.h>
#include <unistd.h>

int main(void)
{
	static const char result[] =
		"{\"cniVersion\":\"1.1.0\",\"interfaces\":[{\"name\":\"eth0\"}]}\n";
	char configuration[4096];
	ssize_t length;

	do
		length = read(0, configuration, sizeof configuration);
	while (length > 0);
	return length == 0 && write(1, result, strlen(result)) == (ssize_t)strlen(result) ? 0 : 1;
}
