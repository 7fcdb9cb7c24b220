using Axvault.Bench.Cases;
using Axvault.Bench.Floors;
using Axvault.Bench.Load;
using Axvault.Bench.Micro;
using Axvault.Bench.Subjects;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

switch (args)
{
    case ["exposure", .. { Length: <= 1 } folder]:
        ExposureBench.Run(folder.FirstOrDefault() ?? Path.Combine(Path.GetTempPath(), $"axvault-bench-{Guid.NewGuid():N}"));
        return 0;
    case ["read", .. { Length: <= 1 } build]:
        await ReadBench.RunAsync(new Comparison(5, 5), Build(build), quick: false);
        return 0;
    case ["quick", .. { Length: <= 1 } build]:
        await ReadBench.RunAsync(new Comparison(3, 4), Build(build), quick: true);
        return 0;
    case ["start"]:
        await StartBench.RunAsync();
        return 0;
    case ["audit"]:
        await AuditBench.RunAsync(new Comparison(5, 5));
        return 0;
    case ["peers"]:
        await PeerBench.RunAsync(new Comparison(5, 5));
        return 0;
    case ["scale"]:
        await ScaleBench.RunAsync(new Comparison(5, 5));
        return 0;
    case ["answers"]:
        await AnswerBench.RunAsync(new Comparison(5, 5));
        return 0;
    case ["due"]:
        await DueBench.RunAsync(new Comparison(5, 5));
        return 0;
    case ["exchange"]:
        await ExchangeBench.RunAsync(5);
        return 0;
    case ["broker"]:
        await BrokerBench.RunAsync(new Comparison(5, 5));
        return 0;
    case ["write"]:
        await WriteBench.RunAsync(new Comparison(5, 5));
        return 0;
    case ["list"]:
        await ListBench.RunAsync(new Comparison(5, 5));
        return 0;
    case ["console"]:
        await ConsoleBench.RunAsync(new Comparison(5, 5));
        return 0;
    case ["parts"]:
        BenchmarkRunner.Run<PartBenchmarks>(
            DefaultConfig.Instance.WithArtifactsPath("artifacts/bench-parts").AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
        );
        return 0;
    case ["replicas"]:
        await ReplicaBench.RunAsync(new Comparison(5, 5));
        return 0;
    case ["pooler"]:
        await PoolerBench.RunAsync(new Comparison(5, 5));
        return 0;
    case [FloorServer.FixedCommand, var port]:
        await FloorServer.RunFixedAsync(port);
        return 0;
    case [FloorServer.SelectCommand, var port]:
        await FloorServer.RunSelectAsync(port);
        return 0;
    case [FloorServer.TokenCommand, var port]:
        await FloorServer.RunTokenAsync(port);
        return 0;
    case [FloorUpstream.Command, var port]:
        await FloorUpstream.RunAsync(port);
        return 0;
    case [FloorForwarder.Command, var port, var upstream]:
        await FloorForwarder.RunAsync(port, upstream);
        return 0;
    case [UnauditedServer.Command, .. var flags]:
        return await UnauditedServer.RunAsync(flags);
    default:
        Console.Error.WriteLine(
            """
            usage: exposure [FOLDER]   time during which new tokens exist only in memory, with the spool in FOLDER
                   read [BUILD]        read of one credential, against its floors (needs wrk); BUILD: native, readytorun, jit
                   quick [BUILD]       same as read, in one minute, with 32 connections
                   peers               read, against pgbench's select and etcd (needs wrk, pgbench, etcd)
                   scale               read with 10 to 100,000 stored credentials (needs wrk)
                   answers             larger data, 404, 403, 401 (needs wrk)
                   due                 read that refreshes first, with the provider on loopback (needs wrk)
                   write               PUT, against pgbench's insert (needs wrk, pgbench)
                   list                pages and the whole list of 100,000 credentials (needs wrk)
                   exchange            tokens of workloads for keys, against their signatures alone
                   broker              calls to a provider on loopback through the broker, against bare YARP (needs wrk)
                   console             the console's list of 100,000 credentials, and what it costs an idle server (needs wrk)
                   replicas            read with 1, 2 and 4 servers on one database (needs wrk)
                   pooler              reads and writes, with PgBouncer and without (needs wrk, pgbouncer)
                   parts               cipher, secret, access list, token shapes, with BenchmarkDotNet
                   start               time from start to healthy, and memory, for each kind of compilation (needs wrk)
                   audit               read with its audit entry, and without (needs wrk)
            """
        );
        return 2;
}

static ServerBuild Build(string[] names) => names is [var name] ? Enum.Parse<ServerBuild>(name, ignoreCase: true) : ServerBuild.Native;
