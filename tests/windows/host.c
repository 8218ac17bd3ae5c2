/* Plays the DHCP server: loads callout DLLs, calls their hooks as the SDK's header declares them, and compares every
 * result. Usage: host.exe capture.pcap ...; the DLLs are found beside the host.
 *
 * Packets lie right before a page that cannot be touched, so that a hook that reads after one ends the test. */
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>
#include <dhcpssdk.h>

enum { CAPACITY = 4096, PACKETS = 64, BUFFERS = 64, SECS = 8, SNAME = 44 };
enum { SOCKET_ADDRESS = 0xC0000201, ALT_ADDRESS = 0xC0000263, LEASE = 3600, PANIC = 0x0BADC0DE };

/* Checks. */

static volatile LONG passed, failed;

static void check(int ok, const char *what, int line)
{
    if (ok)
        InterlockedIncrement(&passed);
    else if (InterlockedIncrement(&failed) <= 50)
        printf("host.c:%d: failed: %s\n", line, what);
}

static void check_equal(uint64_t left, uint64_t right, const char *what, int line)
{
    check(left == right, what, line);
    if (left != right && failed <= 50)
        printf("    %#llx and %#llx\n", (unsigned long long)left, (unsigned long long)right);
}

#define CHECK(condition) check((condition) != 0, #condition, __LINE__)
#define EQUAL(left, right) check_equal((uint64_t)(left), (uint64_t)(right), #left " == " #right, __LINE__)
/* That a probe of the callout grows by so much during a call. */
#define GROWS(name, by, call)                                                                                          \
    do {                                                                                                               \
        uint64_t before_ = probe(name);                                                                                \
        call;                                                                                                          \
        check_equal(probe(name) - before_, (uint64_t)(by), name " grows by " #by ": " #call, __LINE__);                \
    } while (0)

/* DLLs. */

struct dll {
    HMODULE module;
    LPDHCP_ENTRY_POINT_FUNC entry;
    DHCP_CALLOUT_TABLE table;
};

static struct dll callout;
/* Whose probes are read. */
static const struct dll *probed = &callout;

static uint64_t read_number(const struct dll *dll, const char *prefix, const char *name)
{
    char symbol[128];
    snprintf(symbol, sizeof symbol, "%s%s", prefix, name);
    uint64_t(WINAPI * read)(void) = (void *)GetProcAddress(dll->module, symbol);
    if (!read) {
        printf("host.c: no symbol %s\n", symbol);
        check(0, "exported", __LINE__);
        return UINT64_MAX;
    }
    return read();
}

static uint64_t probe(const char *name)
{
    return read_number(probed, "probe_", name);
}

/* Loads a DLL, and leaves it those of the list `dlls`. */
static struct dll load_with(const char *path, WCHAR *dlls)
{
    struct dll dll = {0};
    dll.module = LoadLibraryA(path);
    if (!dll.module) {
        printf("host.c: cannot load %s: error %lu\n", path, GetLastError());
        exit(1);
    }
    dll.entry = (void *)GetProcAddress(dll.module, DHCP_CALLOUT_ENTRY_POINT);
    CHECK(dll.entry != NULL);
    if (!dll.entry)
        exit(1);
    EQUAL(dll.entry(dlls, 0, &dll.table), ERROR_SUCCESS);
    return dll;
}

static struct dll load(const char *path)
{
    WCHAR no_more_dlls[2] = {0, 0};
    return load_with(path, no_more_dlls);
}

/* Packets, from captures in pcap format. */

struct packet {
    BYTE bytes[CAPACITY];
    DWORD size;
    const struct packet *reply; /* of a request: the first with its transaction id, or NULL */
};

static struct packet *packets;
static size_t packet_count;
static const struct packet **requests;
static size_t request_count;

static DWORD big(const BYTE *bytes, int count)
{
    DWORD value = 0;
    while (count-- > 0)
        value = value << 8 | *bytes++;
    return value;
}

static DWORD xid_of(const struct packet *packet)
{
    return big(packet->bytes + 4, 4);
}

/* Adds the payload of an Ethernet frame with a whole UDP datagram to or from port 67. */
static void read_frame(const BYTE *frame, DWORD size)
{
    const BYTE *ip = frame + 14, *udp = ip + (size > 14 ? (ip[0] & 15) * 4 : 0);
    if (size < 14 + 20 + 8 || big(frame + 12, 2) != 0x0800 || ip[0] >> 4 != 4 || ip[9] != 17)
        return;
    if (udp + 8 > frame + size || (big(udp, 2) != 67 && big(udp + 2, 2) != 67))
        return;
    DWORD length = big(udp + 4, 2) - 8;
    if (length < 240 || length > CAPACITY || udp + 8 + length > frame + size)
        return;
    packets = realloc(packets, (packet_count + 1) * sizeof *packets);
    struct packet *packet = &packets[packet_count++];
    memset(packet, 0, sizeof *packet);
    memcpy(packet->bytes, udp + 8, length);
    packet->size = length;
}

static void read_capture(const char *path)
{
    DWORD header[6], record[4];
    static BYTE frame[0x10000];
    FILE *file = fopen(path, "rb");
    if (!file || fread(header, sizeof header, 1, file) != 1 || header[0] != 0xA1B2C3D4 || header[5] != 1) {
        printf("host.c: %s is no Ethernet capture in pcap format of this byte order\n", path);
        exit(1);
    }
    while (fread(record, sizeof record, 1, file) == 1 && record[2] <= sizeof frame &&
           fread(frame, 1, record[2], file) == record[2])
        read_frame(frame, record[2]);
    CHECK(feof(file));
    fclose(file);
}

static void pair_requests(void)
{
    requests = calloc(packet_count, sizeof *requests);
    for (size_t i = 0; i < packet_count; i++) {
        if (packets[i].bytes[0] != 1)
            continue;
        for (size_t j = i + 1; j < packet_count && !packets[i].reply; j++)
            if (packets[j].bytes[0] == 2 && xid_of(&packets[j]) == xid_of(&packets[i]) &&
                !memcmp(packets[j].bytes + 28, packets[i].bytes + 28, 16))
                packets[i].reply = &packets[j];
        requests[request_count++] = &packets[i];
    }
}

/* Returns whether a callout may alter this reply: it is no DHCPNAK, whose type its server writes first. */
static BOOL is_lease(const struct packet *reply)
{
    static const BYTE nak[] = {53, 1, 6};
    return memcmp(reply->bytes + 240, nak, sizeof nak) != 0;
}

static const struct packet *answered_request(void)
{
    size_t i = 0;
    while (i + 1 < request_count && !(requests[i]->reply && is_lease(requests[i]->reply)))
        i++;
    CHECK(requests[i]->reply != NULL && is_lease(requests[i]->reply));
    return requests[i];
}

/* Copies a packet with an option in place of those of the same code. */
static struct packet with_option(const struct packet *from, BYTE code, const char *text)
{
    struct packet to = *from;
    BYTE length = (BYTE)strlen(text);
    DWORD at = 240;
    to.size = 240;
    while (at + 1 < from->size && from->bytes[at] != 255) {
        DWORD whole = from->bytes[at] == 0 ? 1 : 2u + from->bytes[at + 1];
        if (at + whole > from->size)
            break;
        if (from->bytes[at] != 0 && from->bytes[at] != code) {
            memcpy(to.bytes + to.size, from->bytes + at, whole);
            to.size += whole;
        }
        at += whole;
    }
    to.bytes[to.size++] = code;
    to.bytes[to.size++] = length;
    memcpy(to.bytes + to.size, text, length);
    to.size += length;
    to.bytes[to.size++] = 255;
    return to;
}

static struct packet asking(const char *wish)
{
    return with_option(answered_request(), 12, wish);
}

static uint64_t hash(const void *bytes, size_t count)
{
    uint64_t value = 0xCBF29CE484222325;
    for (const BYTE *byte = bytes; count > 0; count--)
        value = (value ^ *byte++) * 0x100000001B3;
    return value;
}

/* A packet in the server's hands. */

struct buffer {
    BYTE *page, *own, original[CAPACITY];
    DWORD own_size;
    BYTE *packet; /* what the hooks are given, and may point elsewhere */
    DWORD size;
};

struct life {
    struct buffer request, reply;
    LPVOID context;
    BOOL process;
};

/* Returns a page that is followed by one that cannot be touched. */
static BYTE *guarded_page(void)
{
    DWORD old;
    BYTE *page = VirtualAlloc(NULL, 2 * CAPACITY, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    if (!page || !VirtualProtect(page + CAPACITY, CAPACITY, PAGE_NOACCESS, &old)) {
        printf("host.c: no memory\n");
        exit(1);
    }
    return page;
}

static void fill(struct buffer *buffer, const BYTE *bytes, DWORD size)
{
    if (!buffer->page)
        buffer->page = guarded_page();
    buffer->packet = buffer->own = buffer->page + CAPACITY - size;
    buffer->size = buffer->own_size = size;
    memcpy(buffer->own, bytes, size);
    memcpy(buffer->original, bytes, size);
}

static void check_own(const struct buffer *buffer)
{
    CHECK(memcmp(buffer->own, buffer->original, buffer->own_size) == 0);
}

static void check_kept(const struct buffer *buffer)
{
    CHECK(buffer->packet == buffer->own);
    EQUAL(buffer->size, buffer->own_size);
    check_own(buffer);
}

/* That `count` bytes at `offset` were replaced in a buffer elsewhere, and nothing else. */
static void check_replaced(const struct buffer *buffer, DWORD offset, const BYTE *bytes, DWORD count)
{
    BYTE expected[CAPACITY];
    check_own(buffer);
    CHECK(buffer->packet != buffer->own);
    EQUAL(buffer->size, buffer->own_size);
    memcpy(expected, buffer->original, buffer->own_size);
    memcpy(expected + offset, bytes, count);
    CHECK(buffer->size == buffer->own_size && memcmp(buffer->packet, expected, buffer->size) == 0);
}

static void receive(const struct dll *dll, struct life *life, const struct packet *packet)
{
    fill(&life->request, packet->bytes, packet->size);
    life->context = NULL;
    life->process = 0x55AA;
    EQUAL(dll->table.DhcpNewPktHook(&life->request.packet, &life->request.size, SOCKET_ADDRESS, NULL, &life->context,
                                    &life->process),
          ERROR_SUCCESS);
    check_own(&life->request);
}

static void notify(const struct dll *dll, struct life *life, DWORD code)
{
    struct buffer before = life->request;
    EQUAL(dll->table.DhcpPktDropHook(&life->request.packet, &life->request.size, code, SOCKET_ADDRESS, NULL,
                                     life->context),
          ERROR_SUCCESS);
    CHECK(before.packet == life->request.packet && before.size == life->request.size);
    check_own(&life->request);
}

static void processed(const struct dll *dll, struct life *life)
{
    notify(dll, life, DHCP_DROP_PROCESSED);
}

static void send_reply(const struct dll *dll, struct life *life, const struct packet *reply)
{
    fill(&life->reply, reply->bytes, reply->size);
    EQUAL(dll->table.DhcpPktSendHook(&life->reply.packet, &life->reply.size, DHCP_SEND_PACKET, SOCKET_ADDRESS, NULL,
                                     life->context),
          ERROR_SUCCESS);
    check_own(&life->reply);
}

static void offer(const struct dll *dll, struct life *life)
{
    EQUAL(dll->table.DhcpAddressOfferHook(life->request.packet, life->request.size, DHCP_GIVE_ADDRESS_OLD,
                                          SOCKET_ADDRESS, ALT_ADDRESS, DHCP_CLIENT_BOOTP, LEASE, NULL, life->context),
          ERROR_SUCCESS);
    check_own(&life->request);
}

static void delete_address(const struct dll *dll, struct life *life)
{
    EQUAL(dll->table.DhcpAddressDelHook(life->request.packet, life->request.size, DHCP_PROB_DECLINE, SOCKET_ADDRESS,
                                        ALT_ADDRESS, NULL, life->context),
          ERROR_SUCCESS);
    check_own(&life->request);
}

static void handle_options(const struct dll *dll, struct life *life, DHCP_SERVER_OPTIONS *options)
{
    EQUAL(dll->table.DhcpHandleOptionsHook(life->request.packet, life->request.size, NULL, life->context, options),
          ERROR_SUCCESS);
    check_own(&life->request);
}

static void parsed(const struct dll *dll, struct life *life)
{
    DHCP_SERVER_OPTIONS options = {0};
    handle_options(dll, life, &options);
}

/* The tests. */

static void test_entry(const char *path)
{
    DHCP_CALLOUT_TABLE table, untouched, again;
    WCHAR no_more_dlls[2] = {0, 0};
    memset(&untouched, 0xA5, sizeof untouched);

    HMODULE module = LoadLibraryA(path);
    LPDHCP_ENTRY_POINT_FUNC entry = (void *)GetProcAddress(module, DHCP_CALLOUT_ENTRY_POINT);
    for (int i = 0; i < 3; i++) {
        static const DWORD unknown[] = {1, 2, UINT_MAX};
        table = untouched;
        EQUAL(entry(no_more_dlls, unknown[i], &table), ERROR_NOT_SUPPORTED);
        CHECK(memcmp(&table, &untouched, sizeof table) == 0);
        EQUAL(entry(no_more_dlls, unknown[i], NULL), ERROR_NOT_SUPPORTED);
    }
    EQUAL(entry(no_more_dlls, 0, NULL), ERROR_INVALID_PARAMETER);

    callout = load(path);
    CHECK(callout.module == module);
    EQUAL(probe("LOADS"), 1);
    again = untouched;
    GROWS("LOADS", 1, EQUAL(entry(no_more_dlls, 0, &again), ERROR_SUCCESS));
    CHECK(memcmp(&callout.table, &again, sizeof again) == 0);
    again = untouched;
    EQUAL(entry(NULL, 0, &again), ERROR_SUCCESS);
    CHECK(memcmp(&callout.table, &again, sizeof again) == 0);

    BYTE unaligned[sizeof table + 2];
    memset(unaligned, 0xA5, sizeof unaligned);
    EQUAL(entry(no_more_dlls, 0, (void *)(unaligned + 1)), ERROR_SUCCESS);
    CHECK(memcmp(&callout.table, unaligned + 1, sizeof table) == 0);
    CHECK(unaligned[0] == 0xA5 && unaligned[sizeof unaligned - 1] == 0xA5);

    CHECK(callout.table.DhcpControlHook != NULL);
    CHECK(callout.table.DhcpNewPktHook != NULL);
    CHECK(callout.table.DhcpPktDropHook != NULL);
    CHECK(callout.table.DhcpPktSendHook != NULL);
    CHECK(callout.table.DhcpAddressDelHook != NULL);
    CHECK(callout.table.DhcpAddressOfferHook != NULL);
    CHECK(callout.table.DhcpHandleOptionsHook != NULL);
    CHECK(callout.table.DhcpDeleteClientHook != NULL);
    CHECK(callout.table.DhcpExtensionHook == NULL);
    CHECK(callout.table.DhcpReservedHook == NULL);
}

static void test_layout(void)
{
#define SIZE(type) EQUAL(read_number(&callout, "sizeof_", #type), sizeof(type))
#define OFFSET(type, field) EQUAL(read_number(&callout, "offsetof_", #type "_" #field), offsetof(type, field))
#define CONSTANT(name) EQUAL(read_number(&callout, "constant_", #name), name)
    SIZE(DHCP_CALLOUT_TABLE);
    OFFSET(DHCP_CALLOUT_TABLE, DhcpControlHook);
    OFFSET(DHCP_CALLOUT_TABLE, DhcpNewPktHook);
    OFFSET(DHCP_CALLOUT_TABLE, DhcpPktDropHook);
    OFFSET(DHCP_CALLOUT_TABLE, DhcpPktSendHook);
    OFFSET(DHCP_CALLOUT_TABLE, DhcpAddressDelHook);
    OFFSET(DHCP_CALLOUT_TABLE, DhcpAddressOfferHook);
    OFFSET(DHCP_CALLOUT_TABLE, DhcpHandleOptionsHook);
    OFFSET(DHCP_CALLOUT_TABLE, DhcpDeleteClientHook);
    OFFSET(DHCP_CALLOUT_TABLE, DhcpExtensionHook);
    OFFSET(DHCP_CALLOUT_TABLE, DhcpReservedHook);
    SIZE(DHCP_SERVER_OPTIONS);
    OFFSET(DHCP_SERVER_OPTIONS, MessageType);
    OFFSET(DHCP_SERVER_OPTIONS, SubnetMask);
    OFFSET(DHCP_SERVER_OPTIONS, RequestedAddress);
    OFFSET(DHCP_SERVER_OPTIONS, RequestLeaseTime);
    OFFSET(DHCP_SERVER_OPTIONS, OverlayFields);
    OFFSET(DHCP_SERVER_OPTIONS, RouterAddress);
    OFFSET(DHCP_SERVER_OPTIONS, Server);
    OFFSET(DHCP_SERVER_OPTIONS, ParameterRequestList);
    OFFSET(DHCP_SERVER_OPTIONS, ParameterRequestListLength);
    OFFSET(DHCP_SERVER_OPTIONS, MachineName);
    OFFSET(DHCP_SERVER_OPTIONS, MachineNameLength);
    OFFSET(DHCP_SERVER_OPTIONS, ClientHardwareAddressType);
    OFFSET(DHCP_SERVER_OPTIONS, ClientHardwareAddressLength);
    OFFSET(DHCP_SERVER_OPTIONS, ClientHardwareAddress);
    OFFSET(DHCP_SERVER_OPTIONS, ClassIdentifier);
    OFFSET(DHCP_SERVER_OPTIONS, ClassIdentifierLength);
    OFFSET(DHCP_SERVER_OPTIONS, VendorClass);
    OFFSET(DHCP_SERVER_OPTIONS, VendorClassLength);
    OFFSET(DHCP_SERVER_OPTIONS, DNSFlags);
    OFFSET(DHCP_SERVER_OPTIONS, DNSNameLength);
    OFFSET(DHCP_SERVER_OPTIONS, DNSName);
    OFFSET(DHCP_SERVER_OPTIONS, DSDomainNameRequested);
    OFFSET(DHCP_SERVER_OPTIONS, DSDomainName);
    OFFSET(DHCP_SERVER_OPTIONS, DSDomainNameLen);
    OFFSET(DHCP_SERVER_OPTIONS, ScopeId);
    CONSTANT(DHCP_CONTROL_START);
    CONSTANT(DHCP_CONTROL_STOP);
    CONSTANT(DHCP_CONTROL_PAUSE);
    CONSTANT(DHCP_CONTROL_CONTINUE);
    CONSTANT(DHCP_DROP_DUPLICATE);
    CONSTANT(DHCP_DROP_NOMEM);
    CONSTANT(DHCP_DROP_INTERNAL_ERROR);
    CONSTANT(DHCP_DROP_TIMEOUT);
    CONSTANT(DHCP_DROP_UNAUTH);
    CONSTANT(DHCP_DROP_PAUSED);
    CONSTANT(DHCP_DROP_NO_SUBNETS);
    CONSTANT(DHCP_DROP_INVALID);
    CONSTANT(DHCP_DROP_WRONG_SERVER);
    CONSTANT(DHCP_DROP_NOADDRESS);
    CONSTANT(DHCP_DROP_PROCESSED);
    CONSTANT(DHCP_DROP_GEN_FAILURE);
    CONSTANT(DHCP_SEND_PACKET);
    CONSTANT(DHCP_PROB_CONFLICT);
    CONSTANT(DHCP_PROB_DECLINE);
    CONSTANT(DHCP_PROB_RELEASE);
    CONSTANT(DHCP_PROB_NACKED);
    CONSTANT(DHCP_GIVE_ADDRESS_NEW);
    CONSTANT(DHCP_GIVE_ADDRESS_OLD);
    CONSTANT(DHCP_CLIENT_BOOTP);
    CONSTANT(DHCP_CLIENT_DHCP);
}

/* The hooks that carry no packet. */
static void test_service(void)
{
    DHCP_CALLOUT_TABLE *table = &callout.table;
    BYTE *end = guarded_page() + CAPACITY;

    static const DWORD codes[] = {DHCP_CONTROL_START, DHCP_CONTROL_STOP, DHCP_CONTROL_PAUSE, DHCP_CONTROL_CONTINUE, 0,
                                  5, 0x0FFFFFFF};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        GROWS("CONTROL", 1, EQUAL(table->DhcpControlHook(codes[i], NULL), ERROR_SUCCESS));
        EQUAL(probe("LAST_CODE"), codes[i]);
    }
    GROWS("CONTROL", 0, EQUAL(table->DhcpControlHook(DHCP_SEND_PACKET, NULL), ERROR_SUCCESS));
    GROWS("CONTROL", 0, EQUAL(table->DhcpControlHook(UINT_MAX, NULL), ERROR_SUCCESS));

    static const DWORD lengths[] = {0, 1, 6, 16, CAPACITY};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        BYTE *address = end - lengths[i];
        memset(address, (int)i + 1, lengths[i]);
        GROWS("CLIENT", 1,
              EQUAL(table->DhcpDeleteClientHook(ALT_ADDRESS, address, lengths[i], 0, 0), ERROR_SUCCESS));
        EQUAL(probe("LAST_ADDRESS"), (DWORD)ALT_ADDRESS);
        EQUAL(probe("LAST_BYTES"), hash(address, lengths[i]));
    }
    GROWS("CLIENT", 1, EQUAL(table->DhcpDeleteClientHook(1, NULL, 0, 0, 0), ERROR_SUCCESS));
    EQUAL(probe("LAST_ADDRESS"), 1);
    GROWS("CLIENT", 0, EQUAL(table->DhcpDeleteClientHook(1, NULL, 6, 0, 0), ERROR_SUCCESS));
    GROWS("CLIENT", 0, EQUAL(table->DhcpDeleteClientHook(1, end, CAPACITY + 1, 0, 0), ERROR_SUCCESS));
    GROWS("CLIENT", 0, EQUAL(table->DhcpDeleteClientHook(1, end, UINT_MAX, 0, 0), ERROR_SUCCESS));
}

/* Each captured request once, with every event that there is. */
static void test_lives(void)
{
    static struct life life;
    for (size_t i = 0; i < request_count; i++) {
        const struct packet *request = requests[i];
        uint64_t bytes = hash(request->bytes, request->size);

        GROWS("NEW_PACKETS", 1, GROWS("TRACKED", 1, GROWS("LIVE", 1, receive(&callout, &life, request))));
        EQUAL(life.process, TRUE);
        CHECK(life.context != NULL);
        check_kept(&life.request);
        EQUAL(probe("LAST_RECEIVED_ON"), (DWORD)SOCKET_ADDRESS);
        EQUAL(probe("LAST_BYTES"), bytes);

        GROWS("OPTIONS", 2, GROWS("WITH_STATE", 2, parsed(&callout, &life); parsed(&callout, &life)));
        EQUAL(probe("LAST_BYTES"), bytes);

        GROWS("DELETED", 1, GROWS("WITH_STATE", 1, delete_address(&callout, &life)));
        EQUAL(probe("LAST_CODE"), DHCP_PROB_DECLINE);
        EQUAL(probe("LAST_ADDRESS"), (DWORD)ALT_ADDRESS);
        EQUAL(probe("LAST_RECEIVED_ON"), (DWORD)SOCKET_ADDRESS);
        EQUAL(probe("LAST_BYTES"), bytes);

        GROWS("OFFERED", 1, GROWS("WITH_STATE", 1, offer(&callout, &life)));
        EQUAL(probe("LAST_CODE"), DHCP_GIVE_ADDRESS_OLD);
        EQUAL(probe("LAST_ADDRESS"), (DWORD)ALT_ADDRESS);
        EQUAL(probe("LAST_CLIENT_TYPE"), DHCP_CLIENT_BOOTP);
        EQUAL(probe("LAST_LEASE_TIME"), LEASE);

        if (request->reply) {
            GROWS("SEND", 1, GROWS("WITH_STATE", 1, GROWS("REPLACED", 1, send_reply(&callout, &life, request->reply))));
            EQUAL(probe("LAST_CODE"), DHCP_SEND_PACKET);
            EQUAL(probe("LAST_RECEIVED_ON"), (DWORD)SOCKET_ADDRESS);
            EQUAL(probe("LAST_BYTES"), hash(request->reply->bytes, request->reply->size));
            check_replaced(&life.reply, SNAME, request->bytes + 28, 6);
        }
        GROWS("DONE", 1, GROWS("DONE_DROPPED", 0, GROWS("LIVE", -1, processed(&callout, &life))));
        EQUAL(probe("WRONG_STATE"), 0);
    }
    EQUAL(probe("WITHOUT_STATE"), 0);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* That the callout was told of a panic in the hook, and goes on. */
#define PANICS(hook, call)                                                                                             \
    GROWS("PANICKED", 1, call);                                                                                        \
    EQUAL(probe("PANICKED_IN"), hash(hook, strlen(hook)))

static void test_panics(void)
{
    static struct life life;
    const struct packet *request = answered_request();
    struct packet packet;

    /* After it had replaced the packet, refused it and set a context. */
    packet = asking("panic-new");
    PANICS("DhcpNewPktHook", GROWS("LIVE", 0, GROWS("REPLACED", 1, receive(&callout, &life, &packet))));
    EQUAL(life.process, TRUE);
    CHECK(life.context == NULL);
    check_kept(&life.request);

    packet = asking("panic-options");
    receive(&callout, &life, &packet);
    PANICS("DhcpHandleOptionsHook", parsed(&callout, &life));
    PANICS("DhcpHandleOptionsHook", parsed(&callout, &life));
    GROWS("DONE", 1, processed(&callout, &life));

    packet = asking("panic-offer");
    receive(&callout, &life, &packet);
    PANICS("DhcpAddressOfferHook", offer(&callout, &life));
    GROWS("DONE", 1, processed(&callout, &life));

    packet = asking("panic-delete");
    receive(&callout, &life, &packet);
    PANICS("DhcpAddressDelHook", delete_address(&callout, &life));
    GROWS("DONE", 1, processed(&callout, &life));

    packet = asking("panic-send");
    receive(&callout, &life, &packet);
    PANICS("DhcpPktSendHook", GROWS("REPLACED", 1, send_reply(&callout, &life, request->reply)));
    check_kept(&life.reply);
    GROWS("DONE", 1, processed(&callout, &life));

    packet = asking("panic-drop");
    receive(&callout, &life, &packet);
    PANICS("DhcpPktDropHook", notify(&callout, &life, DHCP_DROP_UNAUTH));
    PANICS("DhcpPktDropHook", notify(&callout, &life, DHCP_DROP_INVALID)); /* Repeated drops are heard. */
    GROWS("DONE_DROPPED", 1, GROWS("LIVE", -1, processed(&callout, &life)));

    packet = asking("panic-done");
    receive(&callout, &life, &packet);
    send_reply(&callout, &life, request->reply);
    PANICS("DhcpPktDropHook", GROWS("DONE", 1, GROWS("LIVE", -1, processed(&callout, &life))));
    GROWS("PANICKED", 0, GROWS("DONE", 0, processed(&callout, &life)));

    /* The state itself panics when it is dropped. */
    packet = asking("bomb");
    receive(&callout, &life, &packet);
    PANICS("DhcpPktDropHook", GROWS("DONE", 1, GROWS("LIVE", -1, processed(&callout, &life))));

    PANICS("DhcpControlHook", EQUAL(callout.table.DhcpControlHook(PANIC, NULL), ERROR_SUCCESS));
    PANICS("DhcpDeleteClientHook", EQUAL(callout.table.DhcpDeleteClientHook(PANIC, NULL, 0, 0, 0), ERROR_SUCCESS));

    GROWS("LIVE", 1, receive(&callout, &life, request));
    GROWS("WITH_STATE", 1, GROWS("PANICKED", 0, send_reply(&callout, &life, request->reply)));
    check_replaced(&life.reply, SNAME, request->bytes + 28, 6);
    GROWS("DONE", 1, processed(&callout, &life));
}

/* All slots and all buffers are free, can be used, and are free again. */
static void test_room(void)
{
    static struct life lives[PACKETS], more;
    static const BYTE marked[] = {0xFF, 0xFF};
    const struct packet *request = answered_request();
    struct packet rewrite = asking("rewrite"), bomb = asking("bomb");

    EQUAL(probe("LIVE"), 0);
    for (int i = 0; i < PACKETS; i++) {
        receive(&callout, &lives[i], &rewrite);
        CHECK(lives[i].context != NULL);
        check_replaced(&lives[i].request, SECS, marked, 2);
        for (int j = 0; j < i; j++)
            CHECK(lives[i].context != lives[j].context && lives[i].request.packet != lives[j].request.packet);
    }
    EQUAL(probe("LIVE"), PACKETS);

    /* Full: the packet passes untracked, and its state is dropped at once, whatever comes of that. */
    GROWS("TRACKED", 1, GROWS("LIVE", 0, receive(&callout, &more, request)));
    EQUAL(more.process, TRUE);
    CHECK(more.context == NULL);
    GROWS("EXHAUSTED", 1, receive(&callout, &more, &rewrite));
    EQUAL(more.process, TRUE);
    check_kept(&more.request);
    PANICS("DhcpNewPktHook", GROWS("LIVE", 0, receive(&callout, &more, &bomb)));
    EQUAL(more.process, TRUE);
    CHECK(more.context == NULL);
    check_kept(&more.request);
    GROWS("EXHAUSTED", 1, send_reply(&callout, &lives[0], request->reply));
    check_kept(&lives[0].reply);

    /* The buffers belong to the server: all of each, and until the packet is processed. */
    for (int i = 0; i < PACKETS; i++)
        memset(lives[i].request.packet, i, CAPACITY);
    GROWS("DONE", 1, processed(&callout, &lives[0]));
    GROWS("REPLACED", 1, send_reply(&callout, &lives[1], request->reply));
    check_replaced(&lives[1].reply, SNAME, request->bytes + 28, 6);
    for (int i = 1; i < PACKETS; i++) {
        BYTE expected[CAPACITY];
        memset(expected, i, CAPACITY);
        CHECK(memcmp(lives[i].request.packet, expected, CAPACITY) == 0);
        GROWS("DONE", 1, GROWS("LIVE", -1, processed(&callout, &lives[i])));
    }
    EQUAL(probe("LIVE"), 0);
}

static void test_quiet(const struct dll *quiet)
{
    static struct life lives[8];
    uint64_t done = read_number(quiet, "probe_", "done"), xids = read_number(quiet, "probe_", "xids");
    CHECK(quiet->table.DhcpNewPktHook != NULL);
    CHECK(quiet->table.DhcpPktDropHook != NULL);
    CHECK(quiet->table.DhcpControlHook != NULL);
    CHECK(quiet->table.DhcpPktSendHook == NULL);
    CHECK(quiet->table.DhcpAddressDelHook == NULL);
    CHECK(quiet->table.DhcpAddressOfferHook == NULL);
    CHECK(quiet->table.DhcpHandleOptionsHook == NULL);
    CHECK(quiet->table.DhcpDeleteClientHook == NULL);
    CHECK(quiet->table.DhcpExtensionHook == NULL);
    CHECK(quiet->table.DhcpReservedHook == NULL);
    for (int i = 0; i < 8; i++) {
        const struct packet *request = requests[(size_t)i % request_count];
        receive(quiet, &lives[i], request);
        EQUAL(lives[i].process, TRUE);
        CHECK(lives[i].context != NULL);
        check_kept(&lives[i].request);
        xids += xid_of(request);
    }
    for (int i = 7; i >= 0; i--) {
        notify(quiet, &lives[i], DHCP_DROP_NOADDRESS);
        processed(quiet, &lives[i]);
    }
    EQUAL(read_number(quiet, "probe_", "done"), done + 8);
    EQUAL(read_number(quiet, "probe_", "xids"), xids);
}

/* Threads that live many packets each, several at a time, in an order of their own. */

enum { THREADS = 4, AT_A_TIME = 4, LIVES = 5000, SENDS = 2 };

static const char *const wishes[] = {"",           "",            "",          "pass",         "rewrite",
                                     "rewrite-pass", "rogue",     "bomb",      "panic-new",    "panic-options",
                                     "panic-offer", "panic-delete", "panic-send", "panic-drop", "panic-done"};
enum { WISHES = sizeof wishes / sizeof *wishes };

struct expected {
    uint64_t NEW_PACKETS, TRACKED, DROPPED, DONE, DONE_DROPPED, SEND, OFFERED, DELETED, OPTIONS, WITH_STATE,
        WITHOUT_STATE, REPLACED, NOT_TRACKED, PANICKED;
};

struct slot {
    struct life life;
    struct buffer sent[SENDS];
    const struct packet *request;
    const char *wish;
    int steps, sends, tracked, kept;
};

struct worker {
    uint64_t random;
    struct expected expected;
    struct slot slots[AT_A_TIME];
};

static int wants(const struct slot *slot, const char *wish)
{
    return strcmp(slot->wish, wish) == 0;
}

static void begin_life(struct worker *worker, struct slot *slot)
{
    struct expected *expected = &worker->expected;
    struct packet packet = *(slot->request = requests[next_random(&worker->random) % request_count]);
    static const BYTE marked[] = {0xFF, 0xFF};
    slot->wish = wishes[next_random(&worker->random) % WISHES];
    if (wants(slot, "rogue"))
        packet = with_option(&packet, 60, "rogue");
    else if (*slot->wish)
        packet = with_option(&packet, 12, slot->wish);
    slot->kept = !wants(slot, "rogue") && !wants(slot, "pass") && !wants(slot, "panic-new");
    slot->tracked = slot->kept && !wants(slot, "rewrite-pass");

    receive(&callout, &slot->life, &packet);
    EQUAL(slot->life.process, !wants(slot, "rogue"));
    EQUAL(slot->life.context != NULL, slot->kept);
    if (wants(slot, "rewrite") || wants(slot, "rewrite-pass"))
        check_replaced(&slot->life.request, SECS, marked, 2);
    else
        check_kept(&slot->life.request);
    expected->NEW_PACKETS++;
    expected->TRACKED += slot->tracked || wants(slot, "panic-new");
    expected->REPLACED += wants(slot, "rewrite") || wants(slot, "rewrite-pass") || wants(slot, "panic-new");
    expected->PANICKED += wants(slot, "panic-new");
    slot->sends = 0;
    slot->steps = 1 + (int)(next_random(&worker->random) % 6);
}

static void step_life(struct worker *worker, struct slot *slot)
{
    struct expected *expected = &worker->expected;
    switch (next_random(&worker->random) % 4) {
    case 0:
        parsed(&callout, &slot->life);
        expected->OPTIONS++;
        expected->PANICKED += wants(slot, "panic-options");
        break;
    case 1:
        offer(&callout, &slot->life);
        expected->OFFERED++;
        expected->PANICKED += wants(slot, "panic-offer");
        break;
    case 2:
        delete_address(&callout, &slot->life);
        expected->DELETED++;
        expected->PANICKED += wants(slot, "panic-delete");
        break;
    case 3:
        if (slot->sends == SENDS || !slot->request->reply)
            return;
        /* The reply changes hands with its pages. */
        struct buffer reply = slot->sent[slot->sends];
        slot->sent[slot->sends] = slot->life.reply;
        slot->life.reply = reply;
        send_reply(&callout, &slot->life, slot->request->reply);
        reply = slot->sent[slot->sends];
        slot->sent[slot->sends] = slot->life.reply;
        slot->life.reply = reply;
        slot->sends++;
        expected->SEND++;
        expected->REPLACED += slot->kept;
        expected->NOT_TRACKED += !slot->kept;
        expected->PANICKED += wants(slot, "panic-send");
        break;
    }
    expected->WITH_STATE += slot->tracked;
    expected->WITHOUT_STATE += !slot->tracked;
}

static void end_life(struct worker *worker, struct slot *slot)
{
    struct expected *expected = &worker->expected;
    static const BYTE nobody[6];
    int drops = (int)(next_random(&worker->random) % 3);
    for (int i = 0; i < drops; i++)
        notify(&callout, &slot->life, DHCP_DROP_DUPLICATE + (DWORD)i);
    /* What the server was given is still there, and as it was. */
    for (int i = 0; i < slot->sends; i++) {
        if (slot->kept && !wants(slot, "panic-send"))
            check_replaced(&slot->sent[i], SNAME, slot->tracked ? slot->request->bytes + 28 : nobody, 6);
        else
            check_kept(&slot->sent[i]);
    }
    expected->DROPPED += slot->tracked ? drops : 0;
    expected->DONE += slot->tracked;
    expected->DONE_DROPPED += slot->tracked && drops > 0;
    expected->PANICKED += (wants(slot, "panic-drop") ? drops : 0) + wants(slot, "panic-done") + wants(slot, "bomb");
    for (int i = (int)(next_random(&worker->random) % 3); i >= 0; i--)
        processed(&callout, &slot->life);
    /* The context is stale now, and another thread may have the slot, and the buffer. */
    slot->life.request.packet = slot->life.request.own;
    slot->life.request.size = slot->life.request.own_size;
    offer(&callout, &slot->life);
    expected->OFFERED++;
    expected->WITHOUT_STATE++;
}

static DWORD WINAPI work(LPVOID argument)
{
    struct worker *worker = argument;
    for (int begun = 0, live = 0; begun < LIVES || live > 0;) {
        struct slot *slot = &worker->slots[next_random(&worker->random) % AT_A_TIME];
        if (!slot->request) {
            if (begun == LIVES)
                continue;
            begin_life(worker, slot);
            begun++, live++;
        } else if (slot->steps-- > 0) {
            step_life(worker, slot);
        } else {
            end_life(worker, slot);
            slot->request = NULL;
            live--;
        }
    }
    return 0;
}

static void run_threads(LPTHREAD_START_ROUTINE routine, void *arguments, size_t size, int count)
{
    HANDLE threads[THREADS];
    for (int i = 0; i < count; i++) {
        threads[i] = CreateThread(NULL, 0, routine, (BYTE *)arguments + (size_t)i * size, 0, NULL);
        CHECK(threads[i] != NULL);
    }
    for (int i = 0; i < count; i++) {
        EQUAL(WaitForSingleObject(threads[i], INFINITE), WAIT_OBJECT_0);
        CloseHandle(threads[i]);
    }
}

static void test_threads(void)
{
    static struct worker workers[THREADS];
    for (int i = 0; i < THREADS; i++)
        workers[i].random = 0x9E3779B97F4A7C15 * (uint64_t)(i + 1);
#define EACH(DO)                                                                                                       \
    DO(NEW_PACKETS)                                                                                                    \
    DO(TRACKED) DO(DROPPED) DO(DONE) DO(DONE_DROPPED) DO(SEND) DO(OFFERED) DO(DELETED) DO(OPTIONS) DO(WITH_STATE)      \
    DO(WITHOUT_STATE) DO(REPLACED) DO(NOT_TRACKED) DO(PANICKED)
#define BEFORE(name) uint64_t before_##name = probe(#name);
#define AFTER(name)                                                                                                    \
    uint64_t sum_##name = 0;                                                                                           \
    for (int i = 0; i < THREADS; i++)                                                                                  \
        sum_##name += workers[i].expected.name;                                                                        \
    EQUAL(probe(#name) - before_##name, sum_##name);
    EACH(BEFORE)
    uint64_t exhausted = probe("EXHAUSTED");
    run_threads(work, workers, sizeof *workers, THREADS);
    EACH(AFTER)
    EQUAL(probe("EXHAUSTED"), exhausted);
    EQUAL(probe("LIVE"), 0);
    EQUAL(probe("WRONG_STATE"), 0);
    EQUAL(probe("CORRUPT"), 0);
    CHECK(sum_PANICKED > 1000 && sum_DONE > 5000 && sum_REPLACED > 5000);
}

/* Several threads on the same packets at the same time. */

enum { ROUNDS = 300, SHARED = 16 };

static struct life shared[SHARED];
static volatile LONG round_started, round_ended, arrived[SHARED];
static uint64_t(WINAPI *offered)(void), offered_before;

static void race(int part)
{
    static struct life replies[THREADS];
    for (LONG round = 1; round <= ROUNDS; round++) {
        while (round_started < round)
            SwitchToThread();
        for (int i = 0; i < SHARED; i++) {
            /* A copy, since each thread's server has variables of its own. */
            struct life life = shared[i];
            InterlockedIncrement(&arrived[i]);
            while (arrived[i] < 3 * round)
                SwitchToThread();
            /* Every other packet is being offered an address when it is reported. */
            while (part < 2 && i % 2 && offered() - offered_before < (uint64_t)((round - 1) * SHARED + i + 1))
                SwitchToThread();
            if (part == 0) {
                notify(&callout, &life, DHCP_DROP_TIMEOUT);
                processed(&callout, &life);
            } else if (part == 1) {
                processed(&callout, &life);
            } else {
                life.reply = replies[part].reply;
                offer(&callout, &life);
                parsed(&callout, &life);
                send_reply(&callout, &life, answered_request()->reply);
                delete_address(&callout, &life);
                replies[part].reply = life.reply;
            }
        }
        InterlockedIncrement(&round_ended);
    }
}

static void direct_race(void)
{
    struct packet slow = asking("slow");
    for (LONG round = 1; round <= ROUNDS; round++) {
        uint64_t done = probe("DONE");
        for (int i = 0; i < SHARED; i++)
            receive(&callout, &shared[i], &slow);
        round_started = round;
        while (round_ended < 3 * round)
            SwitchToThread();
        EQUAL(probe("DONE"), done + SHARED);
        EQUAL(probe("LIVE"), 0);
    }
}

static DWORD WINAPI race_part(LPVOID argument)
{
    int part = *(int *)argument;
    if (part == 3)
        direct_race();
    else
        race(part);
    return 0;
}

static void test_races(void)
{
    int parts[THREADS] = {0, 1, 2, 3};
    uint64_t in_offer = probe("DONE_IN_OFFER");
    offered = (void *)GetProcAddress(callout.module, "probe_OFFERED");
    offered_before = offered();
    run_threads(race_part, parts, sizeof *parts, THREADS);
    /* Some packets were processed while they were offered an address: the state waited for that. */
    in_offer = probe("DONE_IN_OFFER") - in_offer;
    printf("%llu packets processed during an offer\n", (unsigned long long)in_offer);
    CHECK(in_offer > 0);
    EQUAL(probe("WRONG_STATE"), 0);
    EQUAL(probe("CORRUPT"), 0);
}

/* A chain: one DLL that loads the others, and two copies of the callout that each have their own context. */

enum { FILE_FIELD = 108, CHAIN_LIVES = 3000 };

static struct dll chain, members[2];

/* Grows in each member. */
#define EACH_GROWS(name, by, call)                                                                                     \
    do {                                                                                                               \
        uint64_t first_ = read_number(&members[0], "probe_", name);                                                    \
        probed = &members[1];                                                                                          \
        GROWS(name, by, call);                                                                                         \
        EQUAL(read_number(&members[0], "probe_", name), first_ + (uint64_t)(by));                                      \
    } while (0)
#define CHAIN(name) read_number(&chain, "probe_", name)

static void load_chain(void)
{
    static const char *const names[] = {"first.dll", "second.dll"};
    /* What cannot be loaded, is no callout, panics in the loader, or is no text at all, is left out. */
    static WCHAR dlls[] = L"missing.dll\0first.dll\0bcryptprimitives.dll\0panic.dll\0\xD800\0second.dll\0third.dll\0";
    DHCP_CALLOUT_TABLE again;

    HMODULE module = LoadLibraryA("chain.dll");
    CHECK(module != NULL);
    chain.module = module;
    chain.entry = (void *)GetProcAddress(module, DHCP_CALLOUT_ENTRY_POINT);
    memset(&chain.table, 0xA5, sizeof chain.table);
    again = chain.table;
    EQUAL(chain.entry(dlls, 1, &chain.table), ERROR_NOT_SUPPORTED);
    CHECK(memcmp(&chain.table, &again, sizeof again) == 0);
    EQUAL(CHAIN("LOADED") + CHAIN("NOT_LOADED"), 0);
    EQUAL(chain.entry(dlls, 0, &chain.table), ERROR_SUCCESS);
    EQUAL(CHAIN("LOADED"), 3);
    EQUAL(CHAIN("NOT_LOADED"), 4);
    EQUAL(chain.entry(dlls, 0, &again), ERROR_SUCCESS);
    CHECK(memcmp(&chain.table, &again, sizeof again) == 0);
    EQUAL(CHAIN("LOADED"), 3);
    CHECK(again.DhcpControlHook && again.DhcpNewPktHook && again.DhcpPktDropHook && again.DhcpPktSendHook);
    CHECK(again.DhcpAddressDelHook && again.DhcpAddressOfferHook && again.DhcpHandleOptionsHook);
    CHECK(again.DhcpDeleteClientHook && !again.DhcpExtensionHook && !again.DhcpReservedHook);

    for (int i = 0; i < 2; i++) {
        CHECK(GetModuleHandleA(names[i]) != NULL);
        members[i] = load(names[i]);
        EQUAL(read_number(&members[i], "probe_", "LOADS"), 2);
        CHECK(members[i].table.DhcpNewPktHook != callout.table.DhcpNewPktHook);
    }
    CHECK(members[0].module != members[1].module);
    CHECK(GetModuleHandleA("third.dll") != NULL);
}

/* The reply as the chain, and then each member, has replaced it. */
static void check_chained_reply(const struct life *life, const struct packet *request)
{
    struct buffer marked = life->reply;
    memcpy(marked.original + FILE_FIELD, "chain", 5);
    BYTE own[CAPACITY];
    memcpy(own, life->reply.own, life->reply.own_size);
    CHECK(memcmp(own, life->reply.original, life->reply.own_size) == 0);
    memcpy(marked.original + SNAME, request->bytes + 28, 6);
    CHECK(marked.packet != marked.own && marked.size == marked.own_size);
    CHECK(memcmp(marked.packet, marked.original, marked.size) == 0);
}

static void test_chain(void)
{
    static struct life life, skew;
    static const BYTE marked[] = {0xFF, 0xFF};
    struct dll third = {.module = GetModuleHandleA("third.dll")};
    uint64_t third_done = read_number(&third, "probe_", "done"), lives = 0;

    /* So that the same slot does not mean the same packet. */
    receive(&members[0], &skew, requests[0]);

    for (size_t i = 0; i < request_count; i++) {
        const struct packet *request = requests[i];
        EACH_GROWS("TRACKED", 1, receive(&chain, &life, request));
        EQUAL(life.process, TRUE);
        CHECK(life.context != NULL);
        check_kept(&life.request);
        EACH_GROWS("WITH_STATE", 3, parsed(&chain, &life); offer(&chain, &life); delete_address(&chain, &life));
        if (request->reply) {
            EACH_GROWS("REPLACED", 1, EACH_GROWS("WITH_STATE", 1, send_reply(&chain, &life, request->reply)));
            check_chained_reply(&life, request);
        }
        if (i % 2)
            EACH_GROWS("DROPPED", 2, notify(&chain, &life, DHCP_DROP_TIMEOUT); notify(&chain, &life, 0x77));
        EACH_GROWS("DONE", 1, EACH_GROWS("LIVE", -1, processed(&chain, &life)));
        EQUAL(CHAIN("DONE"), ++lives);
        EQUAL(read_number(&third, "probe_", "done") - third_done, lives);
        /* Stale: nobody is called. */
        EACH_GROWS("DONE", 0, processed(&chain, &life));
        EACH_GROWS("OFFERED", 0, offer(&chain, &life));
    }
    EACH_GROWS("WRONG_STATE", 0, (void)0);
    EQUAL(CHAIN("WRONG_STATE"), 0);

    /* Unknown to the chain: the members are called, and know nothing either. */
    life.context = NULL;
    EACH_GROWS("WITHOUT_STATE", 2, offer(&chain, &life); parsed(&chain, &life));
    EACH_GROWS("DONE", 0, processed(&chain, &life));
    EACH_GROWS("CONTROL", 1, EQUAL(chain.table.DhcpControlHook(DHCP_CONTROL_PAUSE, NULL), ERROR_SUCCESS));
    EACH_GROWS("CLIENT", 1, EQUAL(chain.table.DhcpDeleteClientHook(1, NULL, 0, 0, 0), ERROR_SUCCESS));

    /* A member sees what the one before has replaced. */
    const struct packet *request = answered_request();
    struct packet packet = asking("rewrite");
    EACH_GROWS("REPLACED", 1, receive(&chain, &life, &packet));
    check_replaced(&life.request, SECS, marked, 2);
    EQUAL(probe("LAST_BYTES"), hash(life.request.packet, life.request.size));
    EACH_GROWS("DONE", 1, processed(&chain, &life));

    packet = asking("chain-rewrite");
    EACH_GROWS("TRACKED", 1, receive(&chain, &life, &packet));
    check_replaced(&life.request, FILE_FIELD, (const BYTE *)"chain", 5);
    EQUAL(probe("LAST_BYTES"), hash(life.request.packet, life.request.size));
    EACH_GROWS("DONE", 1, processed(&chain, &life));

    /* Refused by the first member: the chain's own part is told of the end, the second hears nothing. The server has
     * its own packet back, since the buffer of the replaced one is free. */
    packet = with_option(&packet, 60, "rogue");
    lives = CHAIN("DONE_DROPPED");
    probed = &members[0];
    GROWS("NEW_PACKETS", 1, probed = &members[1]; GROWS("NEW_PACKETS", 0, receive(&chain, &life, &packet));
          probed = &members[0]);
    EQUAL(life.process, FALSE);
    CHECK(life.context != NULL); /* One that names no packet. */
    check_kept(&life.request);
    EQUAL(CHAIN("DONE_DROPPED"), lives); /* The server has told no drop. */
    EQUAL(CHAIN("DONE"), CHAIN("TRACKED"));

    /* A panic in one member is none of the next one's. */
    packet = asking("panic-send");
    receive(&chain, &life, &packet);
    EACH_GROWS("PANICKED", 1, send_reply(&chain, &life, request->reply));
    check_replaced(&life.reply, FILE_FIELD, (const BYTE *)"chain", 5);
    EACH_GROWS("DONE", 1, processed(&chain, &life));

    /* What the chain cannot read no member sees. */
    BYTE *nothing = NULL;
    DWORD size = CAPACITY + 1;
    BOOL process = FALSE;
    EACH_GROWS("NEW_PACKETS", 0,
               EQUAL(chain.table.DhcpNewPktHook(&nothing, &size, 0, NULL, &life.context, &process), ERROR_SUCCESS));
    EQUAL(process, TRUE);
    EACH_GROWS("NEW_PACKETS", 0,
               EQUAL(chain.table.DhcpNewPktHook(NULL, NULL, 0, NULL, NULL, NULL), ERROR_SUCCESS));
    EACH_GROWS("SEND", 0,
               EQUAL(chain.table.DhcpPktSendHook(NULL, NULL, DHCP_SEND_PACKET, 0, NULL, NULL), ERROR_SUCCESS));

    processed(&members[0], &skew);
    EQUAL(read_number(&members[0], "probe_", "LIVE"), 0);
    EQUAL(read_number(&members[1], "probe_", "LIVE"), 0);
}

static DWORD WINAPI chain_work(LPVOID argument)
{
    struct worker *worker = argument;
    for (int i = 0; i < CHAIN_LIVES; i++) {
        struct slot *slot = &worker->slots[i % AT_A_TIME];
        if (i >= AT_A_TIME) {
            if (slot->sends)
                check_chained_reply(&slot->life, slot->request);
            if (next_random(&worker->random) % 2)
                notify(&chain, &slot->life, DHCP_DROP_NOADDRESS);
            processed(&chain, &slot->life);
        }
        slot->request = requests[next_random(&worker->random) % request_count];
        receive(&chain, &slot->life, slot->request);
        CHECK(slot->life.context != NULL);
        slot->sends = slot->request->reply != NULL;
        if (slot->sends)
            send_reply(&chain, &slot->life, slot->request->reply);
        offer(&chain, &slot->life);
    }
    for (int i = 0; i < AT_A_TIME; i++)
        processed(&chain, &worker->slots[i].life);
    return 0;
}

static void test_chain_threads(void)
{
    static struct worker workers[THREADS];
    for (int i = 0; i < THREADS; i++)
        workers[i].random = 0x2545F4914F6CDD1D * (uint64_t)(i + 1);
    uint64_t done = CHAIN("DONE");
    EACH_GROWS("TRACKED", THREADS * CHAIN_LIVES,
               EACH_GROWS("DONE", THREADS * CHAIN_LIVES, run_threads(chain_work, workers, sizeof *workers, THREADS)));
    EQUAL(CHAIN("DONE") - done, THREADS * CHAIN_LIVES);
    EQUAL(CHAIN("DONE"), CHAIN("TRACKED"));
    EQUAL(CHAIN("WRONG_STATE"), 0);
    for (int i = 0; i < 2; i++) {
        EQUAL(read_number(&members[i], "probe_", "LIVE"), 0);
        EQUAL(read_number(&members[i], "probe_", "CORRUPT"), 0);
        EQUAL(read_number(&members[i], "probe_", "WRONG_STATE"), 0);
    }
    probed = &callout;
}

static LONG WINAPI report_crash(EXCEPTION_POINTERS *exception)
{
    printf("host.c: exception %#lx at %p\n", exception->ExceptionRecord->ExceptionCode,
           exception->ExceptionRecord->ExceptionAddress);
    printf("%ld checks passed, %ld failed and the rest not made\n", passed, failed + 1);
    ExitProcess(1);
}

/* The examples of the crate: each does what it is for. */

/* Returns a path in the folder for temporary files, which the variable of this name says to a DLL. */
static const char *temporary_file(const char *variable)
{
    static char path[2 * MAX_PATH];
    GetTempPathA(MAX_PATH, path);
    strcat(path, variable);
    CHECK(SetEnvironmentVariableA(variable, path));
    return path;
}

static int holds(const BYTE *bytes, DWORD size, const void *part, DWORD part_size)
{
    for (DWORD at = 0; at + part_size <= size; at++)
        if (!memcmp(bytes + at, part, part_size))
            return 1;
    return 0;
}

/* Lets every request be received, answered and processed. */
static void serve_all(const struct dll *dll)
{
    static struct life life;
    for (size_t i = 0; i < request_count; i++) {
        receive(dll, &life, requests[i]);
        if (life.process && requests[i]->reply && dll->table.DhcpPktSendHook)
            send_reply(dll, &life, requests[i]->reply);
        processed(dll, &life);
    }
}

static void test_gate(void)
{
    static struct life life;
    const BYTE *mac = requests[0]->bytes + 28;
    size_t refused = 0;
    FILE *list = fopen(temporary_file("DHCP_GATE_LIST"), "w");
    fprintf(list, "MAC_ACTION = {DENY}\n%02x%02x%02x%02x%02x%02x\n", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    fclose(list);
    struct dll gate = load("gate.dll");
    for (size_t i = 0; i < request_count; i++) {
        int is_listed = !memcmp(requests[i]->bytes + 28, mac, 6);
        receive(&gate, &life, requests[i]);
        EQUAL(life.process, is_listed ? FALSE : TRUE);
        check_kept(&life.request);
        refused += is_listed;
    }
    CHECK(refused > 0 && refused < request_count);
}

static void test_drop_monitor(void)
{
    static struct life life;
    char line[512];
    DWORD size = 0;
    HANDLE reader, writer, before = GetStdHandle(STD_ERROR_HANDLE);
    struct dll monitor = load("drop_monitor.dll");
    CHECK(CreatePipe(&reader, &writer, NULL, 0) && SetStdHandle(STD_ERROR_HANDLE, writer));
    receive(&monitor, &life, requests[0]);
    EQUAL(life.process, TRUE);
    CHECK(life.context == NULL);
    notify(&monitor, &life, DHCP_DROP_NOADDRESS);
    processed(&monitor, &life);
    /* Until it reports the drop. */
    while (size < sizeof line && !holds((const BYTE *)line, size, "\n", 1)) {
        DWORD more = 0;
        if (!ReadFile(reader, line + size, sizeof line - size, &more, NULL))
            break;
        size += more;
    }
    CHECK(SetStdHandle(STD_ERROR_HANDLE, before));
    CHECK(holds((const BYTE *)line, size, "drops: ", 7));
    CHECK(holds((const BYTE *)line, size, "DHCP_DROP_NOADDRESS", 19));
}

static void check_rewrites_replies(const struct dll *rewriter)
{
    static const BYTE name_server[] = {6, 4, 192, 0, 2, 53};
    static struct life life;
    const struct packet *request = answered_request();
    const char *classes[] = {"udhcp 1.36", "another"};
    for (int i = 0; i < 2; i++) {
        struct packet asking = with_option(request, 60, classes[i]);
        receive(rewriter, &life, &asking);
        send_reply(rewriter, &life, request->reply);
        EQUAL(life.reply.packet != life.reply.own, i == 0);
        EQUAL(holds(life.reply.packet, life.reply.size, name_server, sizeof name_server), i == 0);
        processed(rewriter, &life);
    }
}

static void test_rewrite_reply(void)
{
    struct dll rewriter = load("rewrite_reply.dll");
    check_rewrites_replies(&rewriter);
}

/* The chain of the guide: its own callout sends nothing. */
static void test_guide_chain(void)
{
    WCHAR dlls[] = L"no-such.dll\0rewrite_reply.dll\0";
    struct dll chaining = load_with("chaining.dll", dlls);
    CHECK(chaining.table.DhcpPktSendHook != NULL && chaining.table.DhcpAddressOfferHook == NULL);
    if (chaining.table.DhcpPktSendHook)
        check_rewrites_replies(&chaining);
}

static void test_probe(void)
{
    static char text[0x10000], line[96];
    char path[2 * MAX_PATH];
    strcpy(path, temporary_file("DHCP_PROBE_FILE"));
    struct dll probing = load("probe.dll");
    serve_all(&probing);
    EQUAL(probing.table.DhcpControlHook(DHCP_CONTROL_STOP, NULL), ERROR_SUCCESS);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    if (!file)
        return;
    fread(text, 1, sizeof text - 1, file);
    fclose(file);
    size_t replies = 0;
    for (size_t i = 0; i < request_count; i++)
        replies += requests[i]->reply != NULL;
    snprintf(line, sizeof line, "%9zu yes         0 no  Is the context of a HandleOptions", replies);
    CHECK(strstr(text, line) != NULL);
    CHECK(strstr(text, "        0 yes         0 no  Could a DISCOVER or OFFER") != NULL);
    snprintf(line, sizeof line, "%-26s %9zu\n", "done", request_count);
    CHECK(strstr(text, line) != NULL);
    snprintf(line, sizeof line, "%-26s %9d\n", "in flight", 0);
    CHECK(strstr(text, line) != NULL);
}

int main(int count, char **arguments)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    SetUnhandledExceptionFilter(report_crash);
    for (int i = 1; i < count; i++)
        read_capture(arguments[i]);
    pair_requests();
    printf("%zu packets, %zu of them requests\n", packet_count, request_count);
    CHECK(request_count > 50);

#define TEST(call)                                                                                                     \
    do {                                                                                                               \
        LONG before_ = passed + failed;                                                                                \
        call;                                                                                                          \
        printf("%-28s %7ld checks\n", #call, passed + failed - before_);                                               \
    } while (0)
    TEST(test_entry("callout.dll"));
    struct dll quiet = load("quiet.dll");
    TEST(test_layout());
    TEST(test_service());
    TEST(test_lives());
    TEST(test_panics());
    TEST(test_room());
    TEST(test_quiet(&quiet));
    TEST(test_threads());
    TEST(test_races());
    TEST(test_room());

    TEST(load_chain());
    TEST(test_chain());
    TEST(test_chain_threads());

    TEST(test_gate());
    TEST(test_drop_monitor());
    TEST(test_rewrite_reply());
    TEST(test_guide_chain());
    TEST(test_probe());

    EQUAL(probe("LIVE"), 0);
    EQUAL(probe("CORRUPT"), 0);
    EQUAL(probe("WRONG_STATE"), 0);
    CHECK(FreeLibrary(quiet.module));
    printf("%ld checks passed, %ld failed\n", passed, failed);
    return failed != 0;
}
