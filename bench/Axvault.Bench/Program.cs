using Axvault.Bench;

switch (args)
{
    case ["exposure", .. { Length: <= 1 } folder]:
        ExposureBench.Run(folder.FirstOrDefault() ?? Path.Combine(Path.GetTempPath(), $"axvault-bench-{Guid.NewGuid():N}"));
        return 0;
    case ["audit"]:
        return await AuditBench.RunAsync();
    case [UnauditedServer.Command, .. var flags]:
        return await UnauditedServer.RunAsync(flags);
    default:
        Console.Error.WriteLine(
            """
            usage: exposure [FOLDER]   how long new tokens are in memory alone, with the spool in FOLDER
                   audit               the throughput of a read with its audit entry, and of the same read without (needs wrk)
            """);
        return 2;
}
