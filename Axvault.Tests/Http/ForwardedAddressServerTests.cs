using System.Net;
using System.Text;
using Axvault.Tests.Harness.Graph;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Http;

/// <summary>The client address of a request behind proxies, as the audit log shows it.</summary>
public sealed class ForwardedAddressServerTests(ForwardedAddressServerTests.Fixture vault) : IClassFixture<ForwardedAddressServerTests.Fixture>
{
    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("2001:db8::9", "2001:db8::9")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    [InlineData("203.0.113.9:4711", "203.0.113.9")]
    [InlineData("[2001:db8::9]:4711", "2001:db8::9")]
    // In a chain, the nearest hop that is not a trusted proxy counts. Its claims about hops behind it are ignored.
    [InlineData("198.51.100.1, 203.0.113.9", "203.0.113.9")]
    [InlineData("203.0.113.9, 10.0.0.7", "203.0.113.9")]
    [InlineData("203.0.113.9, 10.0.0.7, 10.255.255.255", "203.0.113.9")]
    [InlineData("203.0.113.9, ::ffff:10.0.0.7", "203.0.113.9")]
    [InlineData("10.0.0.7, 203.0.113.9", "203.0.113.9")]
    [InlineData("127.0.0.1, 203.0.113.9", "203.0.113.9")]
    [InlineData("203.0.113.9, 198.51.100.1, 10.0.0.7", "198.51.100.1")]
    [InlineData("garbage, 203.0.113.9", "203.0.113.9")]
    public async Task The_client_address_is_the_nearest_hop_that_is_not_a_trusted_proxy(string forwarded, string address)
    {
        Assert.Equal(address, await vault.AddressAsync($"X-Forwarded-For: {forwarded}\r\n"));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("unknown")]
    [InlineData("_hidden")]
    [InlineData("unix:")]
    [InlineData("for=203.0.113.9")]
    [InlineData("\"203.0.113.9\"")]
    [InlineData("127.1")]
    [InlineData("3405803785")]
    [InlineData("0xcb007109")]
    [InlineData("203.0.113.011")]
    [InlineData("203.0.113.9:99999")]
    [InlineData("203.0.113.9, garbage")]
    [InlineData("203.0.113.9, garbage, 10.0.0.7")]
    [InlineData("203.0.113.9 10.0.0.7")]
    [InlineData("'; drop table x")]
    [InlineData("203.0.113.256")]
    [InlineData("")]
    [InlineData(",,,")]
    // A proxy that does not know its client may append nothing. The entry before it is then the client's own text.
    [InlineData("203.0.113.9,")]
    [InlineData("203.0.113.9, , 10.0.0.7")]
    public async Task A_trusted_proxy_that_names_no_client_leaves_no_address(string forwarded)
    {
        Assert.Null(await vault.AddressAsync($"X-Forwarded-For: {forwarded}\r\n"));
        Assert.Null(await vault.AddressAsync($"X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-For: {forwarded}\r\n"));
    }

    [Theory]
    [InlineData("10.0.0.7")]
    [InlineData("127.0.0.1")]
    [InlineData("10.0.0.8, ::ffff:10.0.0.7")]
    public async Task Proxies_that_name_only_each_other_leave_no_address(string forwarded)
    {
        Assert.Null(await vault.AddressAsync($"X-Forwarded-For: {forwarded}\r\n"));
    }

    [Fact]
    public async Task Several_headers_are_one_list()
    {
        Assert.Equal("203.0.113.9", await vault.AddressAsync("X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 203.0.113.9\r\nx-forwarded-for: 10.0.0.7\r\n"));
    }

    [Theory]
    [InlineData("Forwarded: for=203.0.113.9\r\n")]
    [InlineData("X-Real-IP: 203.0.113.9\r\nX-Client-IP: 203.0.113.9\r\nCF-Connecting-IP: 203.0.113.9\r\n")]
    [InlineData("X-Original-For: 203.0.113.9\r\n")]
    [InlineData("")]
    public async Task A_trusted_proxy_without_the_header_leaves_no_address(string headers)
    {
        Assert.Null(await vault.AddressAsync(headers));
    }

    [Fact]
    public async Task A_list_of_3000_trusted_hops_is_read_to_its_end()
    {
        Assert.Equal("203.0.113.9", await vault.AddressAsync($"X-Forwarded-For: 203.0.113.9{string.Concat(Enumerable.Repeat(",10.0.0.7", 3000))}\r\n"));
    }

    [Fact]
    public async Task Forwarded_host_and_scheme_are_ignored()
    {
        const string Said = "X-Forwarded-Proto: https\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Prefix: /evil\r\nX-Forwarded-Port: 1\r\n";

        var answer = await vault.AskAsync(vault.Server, "/docs", Said);

        Assert.StartsWith("HTTP/1.1 302 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("https", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Strict-Transport-Security", await vault.AskAsync(vault.Server, "/api/v1/health", Said), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("X-Forwarded-For: 203.0.113.9\r\n")]
    [InlineData("X-Forwarded-For: 127.0.0.1\r\nX-Forwarded-For: 203.0.113.9\r\n")]
    [InlineData("X-Forwarded-For: 203.0.113.9, 10.0.0.7\r\n")]
    public async Task An_untrusted_sender_is_not_believed(string headers)
    {
        Assert.Equal("127.0.0.1", await vault.AddressAsync(headers, vault.Untrusting));
    }

    [Fact]
    public async Task An_IPv4_proxy_is_recognized_on_an_IPv6_socket()
    {
        await using var server = await vault.StartAsync("127.0.0.1", FreePort.Next(), "--host", "::");

        Assert.Equal("203.0.113.9", await vault.AddressAsync("X-Forwarded-For: 203.0.113.9\r\n", server));
    }

    /// <summary>Two servers: one trusts a proxy on loopback and a network of proxies, the other trusts only that network.</summary>
    public sealed class Fixture(VaultGraph graph) : IAsyncLifetime
    {
        private TestDatabase? _database;
        private VaultServer? _server;
        private VaultServer? _untrusting;
        private VaultClient? _admin;
        private int _asked;

        public VaultServer Server => _server!;

        public VaultServer Untrusting => _untrusting!;

        public async ValueTask InitializeAsync()
        {
            _database = await graph.CreateDatabaseAsync();
            _server = await StartAsync("127.0.0.1, 10.0.0.0/8");
            _admin = _server.Client(_server.BootstrapSecret);
            _untrusting = await StartAsync("10.0.0.0/8");
        }

        public Task<VaultServer> StartAsync(string proxies, int port = 0, params string[] flags) =>
            VaultServer.StartAsync(
                new ServerSettings(_database!.ConnectionString)
                {
                    Port = port,
                    Flags = flags,
                    Variables = new Dictionary<string, string> { ["AXVAULT_TRUSTED_PROXIES"] = proxies },
                }
            );

        /// <summary>Sends a request with <paramref name="headers"/> and returns its client address in the audit log, if it has one.</summary>
        public async Task<string?> AddressAsync(string headers, VaultServer? server = null)
        {
            var name = $"asked-{Interlocked.Increment(ref _asked)}";
            Assert.StartsWith("HTTP/1.1 404 ", await AskAsync(server ?? Server, $"/api/v1/credentials/{name}", headers), StringComparison.Ordinal);
            var entry = Assert.Single(
                (await _admin!.GetAsync($"audit?credential={name}")).Is(HttpStatusCode.OK).Json.GetProperty("entries").EnumerateArray().ToList()
            );
            return entry.TryGetProperty("clientAddress", out var address) ? address.GetString() : null;
        }

        public Task<string> AskAsync(VaultServer server, string path, string headers)
        {
            ArgumentNullException.ThrowIfNull(server);

            return RawHttp.ExchangeAsync(
                server.Address,
                Encoding.Latin1.GetBytes($"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {_admin!.Secret}\r\n{headers}\r\n")
            );
        }

        public async ValueTask DisposeAsync()
        {
            _admin?.Dispose();
            if (_untrusting is not null)
            {
                await _untrusting.DisposeAsync();
            }

            if (_server is not null)
            {
                await _server.DisposeAsync();
            }

            if (_database is not null)
            {
                await _database.DisposeAsync();
            }
        }
    }
}
