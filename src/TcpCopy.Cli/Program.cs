using System; Console.WriteLine("x");
