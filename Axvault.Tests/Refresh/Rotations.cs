using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Axvault.Tests.Harness.Servers;

namespace Axvault.Tests.Refresh;

/// <summary>Credentials that all fall due at once, repeatedly, while clients read from every server of a lab.</summary>
internal static class Rotations
{
    /// <summary>
    /// Lets <paramref name="credentials"/> credentials fall due <paramref name="rotations"/> times, each time read by <paramref name="readers"/>
    /// concurrent clients. Asserts one request per credential and rotation, and that every client gets the new token.
    /// </summary>
    public static async Task RunAsync(RefreshLab lab, string prefix, int credentials, int readers, int rotations)
    {
        var names = Enumerable.Range(0, credentials).Select(n => string.Create(CultureInfo.InvariantCulture, $"{prefix}.{n}")).ToArray();
        foreach (var name in names)
        {
            await lab.PutAsync(name);
        }

        var clients = Enumerable.Range(0, readers).Select(reader => lab.Admin(reader % lab.Servers.Count)).ToList();
        var before = lab.Proxy.Requests.Count;
        for (var rotation = 1; rotation <= rotations; rotation++)
        {
            await lab.FallDueAsync(TimeSpan.FromMinutes(5), names);
            var served = new ConcurrentBag<(string Name, Answer Answer)>();
            await Task.WhenAll(
                clients.Select(
                    async (client, reader) =>
                    {
                        var name = names[reader % names.Length];
                        served.Add((name, await client.GetAsync($"credentials/{name}")));
                    }
                )
            );

            Assert.Equal(credentials * rotation, lab.Proxy.Requests.Count - before);
            var newest = lab.Proxy.Requests.Skip(before + (credentials * (rotation - 1))).Select(static request => request.Issued!.AccessToken).ToHashSet();
            Assert.All(served, read => Assert.Contains(read.Answer.Is(HttpStatusCode.OK).Token("access_token"), newest));
            Assert.All(served.GroupBy(static read => read.Name), static reads =>
                Assert.Single(reads.Select(static read => read.Answer.Token("access_token")).Distinct())
            );
            Assert.All(await Task.WhenAll(newest.Select(lab.Provider.IsValidAsync)), Assert.True);
        }

        var requests = lab.Proxy.Requests.Skip(before).ToList();
        Assert.Equal(credentials * rotations, requests.Count);
        Assert.All(requests, static request => Assert.Equal(HttpStatusCode.OK, request.ProviderStatus));
        Assert.Equal(requests.Count, requests.Select(static request => request.RefreshToken).Distinct().Count());
        clients.ForEach(static client => client.Dispose());
    }
}
